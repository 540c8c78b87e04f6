// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { nextOrder, sortRows, type Column } from '@renderer/components/data-table'
import { belongsToControl, isTextField, keyName } from '@renderer/composables/shortcuts'

interface Row {
  name: string
  score: number | null
}
const rows: Row[] = [
  { name: 'run 10', score: 0.5 },
  { name: 'run 2', score: null },
  { name: 'run 1', score: 0.9 },
  { name: 'run 3', score: 0.5 },
]
const columns: Column<Row>[] = [
  { key: 'name', title: 'Name' },
  { key: 'score', title: 'Score', align: 'right' },
]
const names = (list: Row[]) => list.map(({ name }) => name)

describe('sorting a table', () => {
  it('orders numbers in names as people do', () => {
    expect(names(sortRows(rows, columns, { key: 'name', isDescending: false }))).toEqual([
      'run 1',
      'run 2',
      'run 3',
      'run 10',
    ])
  })
  it('puts what is missing last both ways and keeps ties in their order', () => {
    expect(names(sortRows(rows, columns, { key: 'score', isDescending: true }))).toEqual([
      'run 1',
      'run 10',
      'run 3',
      'run 2',
    ])
    expect(names(sortRows(rows, columns, { key: 'score', isDescending: false }))).toEqual([
      'run 10',
      'run 3',
      'run 1',
      'run 2',
    ])
    expect(sortRows(rows, columns, null)).toEqual(rows)
  })
  it('turns around at the second click and lets go at the third', () => {
    const first = nextOrder(null, 'score', true)
    expect(first).toEqual({ key: 'score', isDescending: true })
    const second = nextOrder(first, 'score', true)
    expect(second).toEqual({ key: 'score', isDescending: false })
    expect(nextOrder(second, 'score', true)).toBeNull()
  })
})

const event = (key: string, held: Partial<KeyboardEvent> = {}) =>
  keyName({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...held })

describe('names of keys', () => {
  it('are the same on every keyboard', () => {
    expect(event('n')).toBe('n')
    expect(event('?', { shiftKey: true })).toBe('?')
    expect(event('z', { ctrlKey: true })).toBe('Ctrl+Z')
    expect(event('Z', { metaKey: true, shiftKey: true })).toBe('Ctrl+Shift+Z')
    expect(event('ArrowDown', { shiftKey: true })).toBe('Shift+ArrowDown')
    expect(event('1', { altKey: true })).toBe('Alt+1')
  })
  it('fields keep their letters, buttons their Enter', () => {
    document.body.innerHTML =
      '<input id="text"><input id="box" type="checkbox"><button id="b"><i id="i"></i></button><div id="d"></div><i role="tab" id="t"></i>'
    const at = (id: string) => document.getElementById(id)
    expect(isTextField(at('text'))).toBe(true)
    expect(isTextField(at('box'))).toBe(false)
    expect(belongsToControl('Enter', at('i'))).toBe(true)
    expect(belongsToControl('Enter', at('d'))).toBe(false)
    expect(belongsToControl('ArrowLeft', at('t'))).toBe(true)
    expect(belongsToControl('ArrowLeft', at('b'))).toBe(false)
  })
})
