import { ipcMain, type IpcMainInvokeEvent, type WebContents } from 'electron'
import type { Reply } from '@shared/transport'
import type { Workbench } from '../workbench'
import { origin } from './pages'

/** Connects a window's page to the workbench: its calls in (sender and name checked), the events out. */
export function registerIpc(workbench: Workbench): void {
  const goneSignals = new WeakMap<WebContents, AbortSignal>()
  ipcMain.handle('pellucid:call', (event, method: unknown, input: unknown): Promise<Reply> | Reply => {
    if (!isOwnPage(event)) {
      workbench.log('warn', 'window', `A message from ${event.senderFrame?.url ?? 'nowhere'} was refused.`)
      return refusal('Messages from other pages are refused.')
    }
    if (typeof method !== 'string') return refusal('A call names its method.')
    return workbench.call(method, input, signalOf(event.sender, goneSignals))
  })
}

/** Passes every event on to one window, until it is gone. */
export function passEventsOn(workbench: Workbench, contents: WebContents): void {
  const off = workbench.onAny((event, payload) => {
    if (!contents.isDestroyed()) contents.send('pellucid:event', event, payload)
  })
  contents.once('destroyed', off)
}

/** Only the top frame of our own page may call: not an embedded frame, not a page somebody navigated to. */
function isOwnPage({ senderFrame, sender }: IpcMainInvokeEvent): boolean {
  if (!senderFrame || senderFrame !== sender.mainFrame) return false
  const { protocol, host } = new URL(senderFrame.url)
  return `${protocol}//${host}` === origin
}

/** Fires when the page reloads or its window closes: nobody waits for its queries any more. */
function signalOf(contents: WebContents, known: WeakMap<WebContents, AbortSignal>): AbortSignal {
  const signal = known.get(contents)
  if (signal && !signal.aborted) return signal
  const controller = new AbortController()
  const abort = () => {
    contents.off('did-start-navigation', onNavigation)
    controller.abort()
  }
  const onNavigation = (_event: unknown, _url: string, isInPlace: boolean, isMainFrame: boolean) => {
    if (isMainFrame && !isInPlace) abort()
  }
  contents.on('did-start-navigation', onNavigation)
  contents.once('destroyed', abort)
  known.set(contents, controller.signal)
  return controller.signal
}

const refusal = (message: string): Reply => ({ ok: false, error: { code: 'invalid_input', message } })
