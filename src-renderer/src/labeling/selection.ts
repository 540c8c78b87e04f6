/** Where the focus is in a list, and which of its items are selected; immutable, so that it is easy to watch. */
export interface Selection {
  /** Index of the focused item; -1 without one. */
  focus: number
  /** Where a range begins; Shift extends from here. */
  anchor: number
  ids: ReadonlySet<number>
}

export interface Modifiers {
  shift?: boolean
  /** Ctrl, or Cmd on a Mac. */
  ctrl?: boolean
}

export const emptySelection: Selection = { focus: -1, anchor: -1, ids: new Set() }

function range(list: readonly number[], from: number, to: number): number[] {
  const [low, high] = from <= to ? [from, to] : [to, from]
  return list.slice(Math.max(0, low), high + 1)
}

/** Plain: select this one alone. Shift: from the anchor to here. Ctrl: add or take away this one. */
export function select(now: Selection, list: readonly number[], index: number, { shift, ctrl }: Modifiers): Selection {
  const id = list[index]
  if (id === undefined) return now
  if (shift && now.anchor >= 0) {
    const span = range(list, now.anchor, index)
    return { focus: index, anchor: now.anchor, ids: new Set(ctrl ? [...now.ids, ...span] : span) }
  }
  if (!ctrl) return { focus: index, anchor: index, ids: new Set([id]) }
  const ids = new Set(now.ids)
  if (!ids.delete(id)) ids.add(id)
  return { focus: index, anchor: index, ids }
}

/** Moves the focus by `delta` items (clamped); the moved-to item is selected, with Shift the span since the anchor. */
export function move(now: Selection, list: readonly number[], delta: number, shift = false): Selection {
  if (list.length === 0) return now
  const from = now.focus < 0 ? (delta > 0 ? -1 : list.length) : now.focus
  const step = now.focus < 0 ? Math.sign(delta) : delta
  const index = Math.max(0, Math.min(list.length - 1, from + step))
  return select(now, list, index, { shift: shift && now.anchor >= 0 })
}

/** Moves the focus alone, so that Space can pick here and there by keyboard. */
export function moveFocus(now: Selection, list: readonly number[], delta: number): Selection {
  const moved = move(now, list, delta)
  return { ...moved, ids: now.ids }
}

export const selectAll = (now: Selection, list: readonly number[]): Selection => ({
  focus: Math.max(0, now.focus),
  anchor: 0,
  ids: new Set(list),
})

/** After the list changed: keeps the focused item where it went, and drops what is gone. */
export function reconcile(now: Selection, before: readonly number[], after: readonly number[]): Selection {
  if (after.length === 0) return emptySelection
  const left = new Set(after)
  const ids = new Set([...now.ids].filter((id) => left.has(id)))
  const focusedId = before[now.focus]
  const found = focusedId === undefined ? -1 : after.indexOf(focusedId)
  const focus = found >= 0 ? found : Math.min(now.focus, after.length - 1)
  return { focus, anchor: focus, ids }
}

/** What an edit touches: the selection, else the focused item. In the order of the list. */
export function touched(now: Selection, list: readonly number[]): number[] {
  if (now.ids.size > 0) return now.ids.size === list.length ? [...list] : list.filter((id) => now.ids.has(id))
  const id = list[now.focus]
  return id === undefined ? [] : [id]
}

/** Index of the next id of `wanted` after `focus`, from the top again at the end; -1 without any. */
export function nextOf(list: readonly number[], wanted: ReadonlySet<number>, focus: number): number {
  for (let step = 1; step <= list.length; step++) {
    const index = (Math.max(-1, focus) + step) % list.length
    if (wanted.has(list[index]!)) return index
  }
  return -1
}
