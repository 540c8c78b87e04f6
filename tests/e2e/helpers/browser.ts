import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { chromium, type Browser, type Page } from 'playwright'
import { runtime, startCommand, type RunOptions } from './program'

export interface Served {
  /** The link with its token. */
  url: string
  origin: string
  pid: number
  /** `fetch` with the cookie that the token was swapped for. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** Its exit code, once it has ended. */
  ended: Promise<number | null>
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** A real `pellucid serve`. */
export async function serve(workspace: string, options: RunOptions = {}): Promise<Served> {
  const child = startCommand(['serve', '--json'], { ...options, workspace })
  let stderr = ''
  child.stderr!.on('data', (chunk) => (stderr += chunk))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return ended
  }
  process.once('exit', () => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout! })
  const [line] = (await Promise.race([
    once(lines, 'line'),
    ended.then(() => Promise.reject(new Error(`serve ended: ${stderr}`))),
  ])) as [string]
  const { url } = JSON.parse(line) as { url: string }
  const { origin } = new URL(url)
  const swapped = await fetch(url, { redirect: 'manual' })
  const cookie = swapped.headers.get('set-cookie')?.split(';')[0] ?? ''
  const withCookie = (path: string, init: RequestInit = {}) =>
    fetch(`${origin}${path}`, { ...init, headers: { cookie, ...(init.headers as Record<string, string>) } })
  return { url, origin, pid: child.pid!, fetch: withCookie, ended, stop }
}

/** Chromium with nothing of its own to say to the network. */
export async function launchBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: process.env['PELLUCID_CHROMIUM'] || runtime().chromiumPath || '/usr/bin/chromium',
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
  onTestFinished(() => browser.close())
  return browser
}

/** The served workbench in a page of a browser of its own, without motion, once its first screen stands. */
export async function openServed({ url }: Served): Promise<Page> {
  const browser = await launchBrowser()
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.setDefaultTimeout(40_000)
  await page.goto(url)
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  return page
}
