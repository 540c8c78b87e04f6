import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { contract, events, type EventName } from '@shared/contract'
import type { Reply } from '@shared/transport'

/**
 * All that the page may reach: calls and events of the contract, and the path of a file that the user dropped. Names
 * that are not in the contract are refused here, before they cross into the main process.
 */
const methods = new Set(Object.keys(contract))
const eventNames = new Set(Object.keys(events))
const listeners = new Map<string, Set<(payload: unknown) => void>>()

ipcRenderer.on('pellucid:event', (_event, name: string, payload: unknown) => {
  for (const listener of listeners.get(name) ?? []) listener(payload)
})

/** `webUtils` came with Electron 29; before, files carried their path themselves. */
const pathForFile = (file: File): string =>
  webUtils ? webUtils.getPathForFile(file) : ((file as File & { path?: string }).path ?? '')

contextBridge.exposeInMainWorld('pellucid', {
  shell: 'desktop',
  pathForFile,
  async call(method: unknown, input: unknown): Promise<Reply> {
    if (typeof method !== 'string' || !methods.has(method))
      return { ok: false, error: { code: 'not_found', message: `No method named "${String(method)}".` } }
    return (await ipcRenderer.invoke('pellucid:call', method, input)) as Reply
  },
  on(event: EventName, listener: (payload: unknown) => void): () => void {
    if (!eventNames.has(event)) throw new Error(`No event named "${String(event)}".`)
    const set = listeners.get(event) ?? new Set()
    listeners.set(event, set.add(listener))
    return () => void set.delete(listener)
  },
})
