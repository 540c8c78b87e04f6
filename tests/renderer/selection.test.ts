import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  emptySelection,
  move,
  moveFocus,
  nextOf,
  reconcile,
  select,
  selectAll,
  touched,
} from '@renderer/labeling/selection'

const list = [10, 20, 30, 40, 50]
const ids = (selection: { ids: ReadonlySet<number> }) => [...selection.ids].sort((a, b) => a - b)

describe('selection', () => {
  it('a click selects one, Ctrl adds and takes away, Shift spans from the anchor', () => {
    let now = select(emptySelection, list, 1, {})
    expect(ids(now)).toEqual([20])
    now = select(now, list, 3, { ctrl: true })
    expect(ids(now)).toEqual([20, 40])
    now = select(now, list, 1, { ctrl: true })
    expect(ids(now)).toEqual([40])
    now = select(select(now, list, 3, {}), list, 1, { shift: true })
    expect(ids(now)).toEqual([20, 30, 40])
    now = select(now, list, 4, { shift: true })
    expect(ids(now)).toEqual([40, 50])
  })

  it('arrows move and stop at the ends; the first one lands on the first or last', () => {
    expect(move(emptySelection, list, 1).focus).toBe(0)
    expect(move(emptySelection, list, 3).focus).toBe(0)
    expect(move(emptySelection, list, -1).focus).toBe(4)
    const now = select(emptySelection, list, 3, {})
    expect(move(now, list, 7).focus).toBe(4)
    expect(ids(move(now, list, -2, true))).toEqual([20, 30, 40])
    expect(move(emptySelection, [], 1)).toBe(emptySelection)
  })

  it('picks here and there by keyboard', () => {
    const walked = moveFocus(select(emptySelection, list, 0, {}), list, 2)
    expect([walked.focus, ids(walked)]).toEqual([2, [10]])
    expect(ids(select(walked, list, walked.focus, { ctrl: true }))).toEqual([10, 30])
  })

  it('an edit touches the selection in list order, else the focused item', () => {
    expect(touched(select(select(emptySelection, list, 4, {}), list, 0, { ctrl: true }), list)).toEqual([10, 50])
    expect(touched({ focus: 2, anchor: 2, ids: new Set() }, list)).toEqual([30])
    expect(touched(emptySelection, list)).toEqual([])
    expect(touched(selectAll(emptySelection, list), list)).toEqual(list)
  })

  it('follows the focused item when the list changes and drops what is gone', () => {
    const now = selectAll(select(emptySelection, list, 3, {}), list)
    const after = reconcile(now, list, [40, 10])
    expect(after.focus).toBe(0)
    expect(ids(after)).toEqual([10, 40])
    expect(reconcile(now, list, [10]).focus).toBe(0)
    expect(reconcile(now, list, [])).toEqual(emptySelection)
  })

  it('finds the next wanted one and wraps around once', () => {
    expect(nextOf(list, new Set([20, 50]), 1)).toBe(4)
    expect(nextOf(list, new Set([20]), 3)).toBe(1)
    expect(nextOf(list, new Set([20]), 1)).toBe(1)
    expect(nextOf(list, new Set([99]), 0)).toBe(-1)
    expect(nextOf(list, new Set([10]), -1)).toBe(0)
  })

  it('whatever is done, the focus stays in the list and every selected id is of the list', () => {
    const action = fc.oneof(
      fc.record({ at: fc.nat(4), shift: fc.boolean(), ctrl: fc.boolean() }),
      fc.record({ by: fc.integer({ min: -6, max: 6 }), shift: fc.boolean() }),
    )
    fc.assert(
      fc.property(fc.array(action), (actions) => {
        let now = emptySelection
        for (const one of actions)
          now = 'at' in one ? select(now, list, one.at, one) : move(now, list, one.by, one.shift)
        expect(now.focus).toBeGreaterThanOrEqual(-1)
        expect(now.focus).toBeLessThan(list.length)
        expect([...now.ids].every((id) => list.includes(id))).toBe(true)
      }),
    )
  })
})
