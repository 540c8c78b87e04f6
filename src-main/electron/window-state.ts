import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { screen, type BrowserWindow, type Rectangle } from 'electron'
import { z } from 'zod'

const State = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(600),
  height: z.number().int().min(400),
  isMaximized: z.boolean(),
})
type State = z.infer<typeof State>

/** Where the window was when it was closed last; null when it was never open, or lies outside of today's screens. */
export function readWindowState(workspace: string): State | null {
  try {
    const state = State.parse(JSON.parse(readFileSync(statePath(workspace), 'utf8')))
    return screen.getAllDisplays().some(({ workArea }) => overlap(workArea, state)) ? state : null
  } catch {
    return null
  }
}

/** Remembers it on closing. Synchronous, since the window is gone in the next moment; a failure costs nothing. */
export function rememberWindowState(window: BrowserWindow, workspace: string): void {
  window.on('close', () => {
    const state: State = { ...window.getNormalBounds(), isMaximized: window.isMaximized() }
    try {
      writeFileSync(statePath(workspace), JSON.stringify(state))
    } catch {
      // a full or read-only disk: it opens in its default place next time
    }
  })
}

const statePath = (workspace: string) => join(workspace, 'window.json')

/** At least a hundred pixels of the title bar must be in reach. */
const overlap = (area: Rectangle, { x, y, width }: State) =>
  x + width > area.x + 100 && x < area.x + area.width - 100 && y >= area.y - 10 && y < area.y + area.height - 50
