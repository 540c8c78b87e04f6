import { onTestFinished } from 'vitest'
import { _electron, type ElectronApplication, type Page } from 'playwright'
import type { Client } from '@shared/contract'
import { createClient } from '@shared/transport'
import { appFolder, runtime } from './program'

export interface Desktop {
  app: ElectronApplication
  page: Page
  /** Calls the contract the way the page does: through the preload and IPC. */
  client: Client
  /** What the page wrote to its console as an error or warning. */
  complaints: string[]
  close(): Promise<void>
}

export interface DesktopOptions {
  args?: string[]
  env?: Record<string, string>
}

/** The arguments set-up gives, too: the sandbox is off for root only. */
export const sandboxArguments = process.getuid?.() === 0 ? ['--no-sandbox'] : []

export function executable(): string {
  const path = process.env['PELLUCID_ELECTRON'] || runtime().electronPath
  if (!path) throw new Error('Set-up brought no Electron; see "npm start".')
  return path
}

/** The real app for one test, which ends it. */
export async function launchDesktop(workspace: string, options: DesktopOptions = {}): Promise<Desktop> {
  const desktop = await desktopForAll(workspace, options)
  onTestFinished(desktop.close)
  return desktop
}

/** Starts the real app in the real Electron on a display; for `beforeAll`, who closes it itself. */
export async function desktopForAll(workspace: string, { args = [], env = {} }: DesktopOptions = {}): Promise<Desktop> {
  const app = await _electron.launch({
    executablePath: executable(),
    args: [...sandboxArguments, appFolder, `--workspace=${workspace}`, ...args],
    env: { ...(process.env as Record<string, string>), ...env },
  })
  let isClosed = false
  const close = async () => {
    if (isClosed) return
    isClosed = true
    // A failed test may leave a run going, and closing then asks: nobody is there to answer.
    const deadline = setTimeout(() => app.process().kill('SIGKILL'), 15_000)
    await app.close()
    clearTimeout(deadline)
  }
  const page = await app.firstWindow()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.waitForLoadState('load')
  const call = (method: string, input: unknown) =>
    page.evaluate(([name, value]) => window.pellucid!.call(name, value), [method, input] as [string, unknown])
  return { app, page, client: createClient({ call }), complaints, close }
}
