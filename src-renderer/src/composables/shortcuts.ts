import { onBeforeUnmount, onMounted, shallowReactive } from 'vue'

export interface Shortcut {
  /** As in `keyName`: 'g', '?', 'Ctrl+Z', 'Ctrl+Shift+Z', 'Delete', 'ArrowLeft'. Ctrl stands for Cmd on a Mac too. */
  keys: string | string[]
  /** What it does, for the cheat sheet; left out: works but is not listed. */
  title?: string
  group?: string
  /** How the cheat sheet writes it when several keys share a line: '1 – 9'. */
  label?: string
  run: (event: KeyboardEvent) => void
  /** Also while a text field has the focus. */
  inFields?: boolean
}

/** Every shortcut of the screens that are mounted now; the cheat sheet lists them. */
export const activeShortcuts = shallowReactive(new Set<Shortcut>())

/** 'Ctrl+Shift+Z' for that event; letters are upper case with a modifier, as typed without one. */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>): string {
  const { key } = event
  const isLetter = /^\p{L}$/u.test(key)
  const hasModifier = event.ctrlKey || event.metaKey || event.altKey
  const parts: string[] = []
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl')
  if (event.altKey) parts.push('Alt')
  // A printed character such as "?" already says that Shift was held.
  if (event.shiftKey && (isLetter || key.length > 1)) parts.push('Shift')
  return [...parts, isLetter ? (hasModifier || event.shiftKey ? key.toUpperCase() : key.toLowerCase()) : key].join('+')
}

const fieldTags = new Set(['INPUT', 'TEXTAREA', 'SELECT'])
const toggles = new Set(['checkbox', 'radio', 'button', 'range'])
export function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable) return true
  return fieldTags.has(target.tagName) && !toggles.has((target as HTMLInputElement).type)
}

const controls = 'button, a[href], summary, input, [role="tab"], [role="switch"], [role="checkbox"], [role="combobox"]'
const movedByArrows = '[role="tab"], [role="slider"], [role="radio"], [role="menuitem"], input[type="range"]'

/** Keys that the focused control itself answers to: Enter and Space press it, arrows move within it. */
export function belongsToControl(key: string, target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false
  if (key === 'Enter' || key === ' ') return target.closest(controls) !== null
  return /^(Arrow|Home|End|Page)/.test(key) && target.closest(movedByArrows) !== null
}

/** A dialog has the keyboard to itself. */
const hasDialog = (): boolean =>
  document.querySelector('[role="dialog"][data-state="open"], [role="alertdialog"]') !== null

function handle(event: KeyboardEvent): void {
  if (event.defaultPrevented || hasDialog()) return
  // With Ctrl it is the screen's: Ctrl+Enter starts a run from inside a field.
  const hasCtrl = event.ctrlKey || event.metaKey
  if (!hasCtrl && belongsToControl(event.key, event.target)) return
  const name = keyName(event)
  const inField = isTextField(event.target)
  for (const shortcut of [...activeShortcuts].reverse()) {
    if (inField && !shortcut.inFields) continue
    if (![shortcut.keys].flat().includes(name)) continue
    event.preventDefault()
    shortcut.run(event)
    return
  }
}

let isListening = false

/** Registers shortcuts while the calling component is mounted. */
export function useShortcuts(shortcuts: Shortcut[]): void {
  onMounted(() => {
    if (!isListening) window.addEventListener('keydown', handle)
    isListening = true
    for (const shortcut of shortcuts) activeShortcuts.add(shortcut)
  })
  onBeforeUnmount(() => {
    for (const shortcut of shortcuts) activeShortcuts.delete(shortcut)
  })
}
