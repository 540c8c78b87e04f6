import { createClient, type Reply, type Transport } from '@shared/transport'
import type { EventName, EventPayload } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'

/** What the preload script puts on `window` in the desktop shell. */
export interface PellucidBridge extends Transport {
  pathForFile(file: File): string
  shell: 'desktop'
}

declare global {
  interface Window {
    pellucid?: PellucidBridge
  }
}

const bridge = window.pellucid
export const isDesktop = bridge !== undefined

/** Reactive proxies do not cross the context bridge; JSON is what HTTP would carry anyway. */
const plain = (input: unknown): unknown => JSON.parse(JSON.stringify(input ?? {}))

async function callOverHttp(method: string, input: unknown): Promise<Reply> {
  const unreachable = (message: string): Reply => ({ ok: false, error: { code: 'internal', message } })
  try {
    const response = await fetch(`/api/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input ?? {}),
    })
    const isJson = response.headers.get('content-type')?.includes('json')
    if (isJson) return (await response.json()) as Reply
    if (response.status === 401 || response.status === 403)
      return unreachable(
        'This page is not signed in any more. Open the link that "pellucid serve" printed when it started.',
      )
    return unreachable(`The server answered ${response.status} to ${method}. Its terminal has the details.`)
  } catch {
    return unreachable('The Pellucid server does not answer. Check that "pellucid serve" is still running.')
  }
}

const transport: Pick<Transport, 'call'> = bridge
  ? { call: (method, input) => bridge.call(method, plain(input)) }
  : { call: callOverHttp }

/** `api.runs.start(spec)`; a failure is thrown as a WorkbenchError. */
export const api = createClient(transport)

type Listener = (payload: never) => void
const listeners = new Map<string, Set<Listener>>()
const reconnectListeners = new Set<() => void>()
let source: EventSource | null = null

function openEventSource(): void {
  if (source) return
  source = new EventSource('/api/events')
  let wasOpen = false
  source.onopen = () => {
    // Events sent while the connection was away are lost: whoever shows state reads it again.
    if (wasOpen) for (const listener of reconnectListeners) listener()
    wasOpen = true
  }
  source.onmessage = ({ data }) => {
    const { event, payload } = JSON.parse(data as string) as { event: string; payload: never }
    for (const listener of listeners.get(event) ?? []) listener(payload)
  }
}

/** Listens to an event of the contract; returns the function that stops listening. */
export function onEvent<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void): () => void {
  if (bridge) return bridge.on(event, listener)
  openEventSource()
  const set = listeners.get(event) ?? new Set()
  listeners.set(event, set.add(listener as Listener))
  return () => set.delete(listener as Listener)
}

/** Called when the browser's event stream was broken and is back: re-read what you show. */
export function onReconnect(listener: () => void): () => void {
  reconnectListeners.add(listener)
  return () => reconnectListeners.delete(listener)
}

/** Where a sample's picture is: at most `size` pixels on its longer side; the original without it. */
export const sampleUrl = (sampleId: number, size?: number): string =>
  `/sample/${sampleId}${size === undefined ? '' : `?size=${size}`}`

/** A series' values: float32, [steps, channels], NaN is missing. */
export async function sampleValues(sampleId: number): Promise<Float32Array> {
  const response = await fetch(sampleUrl(sampleId))
  if (!response.ok) throw new WorkbenchError('internal', `The values did not come: ${response.status}.`)
  return new Float32Array(await response.arrayBuffer())
}

/** Many small pictures in one request: an address for each id, null where the picture cannot be read. */
export async function samplePictures(ids: number[], size: number): Promise<(string | null)[]> {
  const response = await fetch(`/samples?ids=${ids.join()}&size=${size}`)
  if (!response.ok) throw new WorkbenchError('internal', `The pictures did not come: ${response.status}.`)
  return (await response.text()).split('\n').map((line) => line || null)
}

async function filesOfEntry(entry: FileSystemEntry, prefix: string): Promise<{ path: string; file: File }[]> {
  const path = `${prefix}${entry.name}`
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
    return [{ path, file }]
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const found: { path: string; file: File }[] = []
  // readEntries gives at most 100 at a time and an empty list at the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (entries.length === 0) return found
    for (const child of entries) found.push(...(await filesOfEntry(child, `${path}/`)))
  }
}

export type UploadProgress = (done: number, total: number) => void

/** Browser only: sends files to the server's own disk and returns the top paths they have there. */
export async function uploadFiles(files: { path: string; file: File }[], progress?: UploadProgress): Promise<string[]> {
  const batch = crypto.randomUUID()
  const tops = new Set<string>()
  for (const [index, { path, file }] of files.entries()) {
    const query = new URLSearchParams({ batch, path })
    const response = await fetch(`/upload?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: file,
    })
    const reply = (await response.json()) as Reply
    if (!reply.ok) throw new WorkbenchError(reply.error.code, reply.error.message, reply.error.details)
    tops.add((reply.value as { path: string }).path)
    progress?.(index + 1, files.length)
  }
  return [...tops]
}

/** Paths (on the machine that runs the engine) of what was dropped: folders stay whole. */
export async function pathsOfDrop(data: DataTransfer, progress?: UploadProgress): Promise<string[]> {
  if (bridge) return [...data.files].map((file) => bridge.pathForFile(file)).filter((path) => path !== '')
  // Entries must be taken before the first await: the DataTransfer is emptied when the event ends.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  const files = (await Promise.all(entries.map((entry) => filesOfEntry(entry, '')))).flat()
  return uploadFiles(files, progress)
}
