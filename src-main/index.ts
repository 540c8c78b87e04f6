import { createHash } from 'node:crypto'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { app, dialog, session, type BrowserWindow } from 'electron'
import { toErrorReply } from '@shared/errors'
import { desktopShell } from './electron/dialogs'
import { registerIpc } from './electron/ipc'
import { setMenu } from './electron/menu'
import { denyPermissions, forbidNetwork, silenceChromium } from './electron/network'
import { registerScheme, servePages } from './electron/pages'
import { desktopHost } from './electron/worker-host'
import { openWindow } from './electron/window'
import { createWorkbench, type Workbench } from './workbench'
import { workspaceFolder } from './workspace-folder'

/** The desktop app. This file is built to out/main/index.js. */
const out = join(__dirname, '..')
const resources = join(out, '..', 'resources')
const workspace = workspaceFolder(argumentOf('--workspace'))

app.setPath('userData', chromiumFolder())
requireSandbox()
silenceChromium()
registerScheme()

let window: BrowserWindow | null = null
let workbench: Workbench | null = null

if (app.requestSingleInstanceLock()) void start()
else app.quit() // the first one comes to the front

async function start(): Promise<void> {
  app.on('second-instance', () => {
    if (window?.isMinimized()) window.restore()
    window?.show()
    window?.focus()
  })
  await app.whenReady()
  try {
    workbench = await createWorkbench({
      workspace,
      kind: 'window',
      shell: 'desktop',
      spawn: desktopHost(join(__dirname, 'worker.js'), (role, line) => workbench?.log('debug', role, line)),
      resources,
      desktop: desktopShell(() => window),
    })
  } catch (error) {
    dialog.showErrorBox('Pellucid cannot open this workspace', `${workspace}\n\n${toErrorReply(error).message}`)
    return app.exit(1)
  }
  const page = session.defaultSession
  forbidNetwork(page, workbench)
  denyPermissions(page)
  servePages(page, workbench, join(out, 'renderer'))
  registerIpc(workbench)
  setMenu(() => window?.webContents ?? null)
  window = openWindow(workbench, join(out, 'preload', 'index.js'), join(resources, 'icon.png'))
  window.on('closed', () => (window = null))
}

app.on('window-all-closed', () => app.quit())

// What runs is stopped and kept, and the workspace freed, before the process ends.
app.on('will-quit', (event) => {
  if (!workbench) return
  event.preventDefault()
  const closing = workbench
  workbench = null
  void closing.close().finally(() => app.exit(0))
})

// Nobody may be there to answer a question.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    window?.destroy()
    app.quit()
  })
}

/** Every page runs in Chromium's sandbox; only for root, whom Chromium refuses it, `--no-sandbox` is let pass. */
function requireSandbox(): void {
  if (!app.commandLine.hasSwitch('no-sandbox')) return app.enableSandbox()
  if (process.getuid?.() === 0) return
  process.stderr.write('--no-sandbox is for the user root only; start Pellucid without it.\n')
  app.exit(2)
}

/** Chromium keeps its things inside the workspace, which also makes "one instance" mean one per workspace. */
function chromiumFolder(): string {
  const wanted = join(workspace, 'electron')
  try {
    mkdirSync(wanted, { recursive: true })
    accessSync(wanted, constants.W_OK)
    return wanted
  } catch {
    // A read-only workspace can still be looked at.
    const name = createHash('sha256').update(workspace).digest('hex').slice(0, 16)
    const elsewhere = join(app.getPath('temp'), `pellucid-${userInfo().uid}-${name}`)
    mkdirSync(elsewhere, { recursive: true, mode: 0o700 })
    return elsewhere
  }
}

function argumentOf(name: string): string | undefined {
  const joined = process.argv.find((argument) => argument.startsWith(`${name}=`))
  if (joined) return joined.slice(name.length + 1)
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}
