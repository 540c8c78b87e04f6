import { BrowserWindow, nativeTheme } from 'electron'
import type { Run } from '@shared/schemas/run'
import type { Workbench } from '../workbench'
import { confirmClose } from './dialogs'
import { passEventsOn } from './ipc'
import { origin } from './pages'
import { readWindowState, rememberWindowState } from './window-state'

/** Opens the one window on our own page; the page can neither leave it nor open another. */
export function openWindow(workbench: Workbench, preload: string, icon: string): BrowserWindow {
  const workspace = workbench.paths.root
  const state = readWindowState(workspace)
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    ...(state && { x: state.x, y: state.y, width: state.width, height: state.height }),
    minWidth: 900,
    minHeight: 600,
    show: false, // shown when there is something to see
    title: 'Pellucid',
    icon,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#0f172a' : '#ffffff',
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  })
  if (state?.isMaximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  keepOnPage(window)
  passEventsOn(workbench, window.webContents)
  askBeforeClosing(window, workbench)
  if (!workbench.readOnlyBecause) rememberWindowState(window, workspace)
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return
    workbench.log('error', 'window', `The page's process ended (${reason}); it is loaded again.`)
    window.reload()
  })
  void window.loadURL(`${origin}/`)
  return window
}

function keepOnPage(window: BrowserWindow): void {
  const { webContents } = window
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  const stay = (event: { preventDefault(): void }, url: string) => {
    if (!url.startsWith(`${origin}/`)) event.preventDefault()
  }
  webContents.on('will-navigate', stay)
  webContents.on('will-redirect', stay)
  webContents.on('will-attach-webview', (event) => event.preventDefault())
}

/** Closing while runs train asks; the answer "stop and close" keeps them resumable. */
function askBeforeClosing(window: BrowserWindow, workbench: Workbench): void {
  let isDecided = workbench.readOnlyBecause !== null // another program's runs are not ours to stop
  let isAsking = false
  window.on('close', (event) => {
    if (isDecided) return
    event.preventDefault()
    if (isAsking) return
    isAsking = true
    void mayClose(window, workbench).then((mayGo) => {
      isAsking = false
      isDecided = mayGo
      if (mayGo) window.close()
    })
  })
}

async function mayClose(window: BrowserWindow, workbench: Workbench): Promise<boolean> {
  const reply = await workbench.call('runs.list', {})
  const runs = reply.ok ? (reply.value as Run[]) : []
  const going = runs.filter(({ status }) => status === 'running' || status === 'queued').length
  return going === 0 || confirmClose(window, going)
}
