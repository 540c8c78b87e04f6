import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { executable, sandboxArguments } from './helpers/desktop'
import { launchBrowser, serve } from './helpers/browser'
import { appFolder, endOf, runJson, startCommand } from './helpers/program'

const home = mkdtempSync(join(tmpdir(), 'pellucid-offline-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const succeeds = (command: string, args: string[]) => {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const canTrace = succeeds('strace', ['-f', '-o', '/dev/null', 'true'])
/** A network namespace with nothing in it but loopback: whatever needs another host fails there. */
const isRoot = process.getuid?.() === 0
const cutOff = ['unshare', isRoot ? '-n' : '-rn', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']
const canCutOff = succeeds(cutOff[0]!, [...cutOff.slice(1), 'true'])

/** Every address outside of this machine that a traced program asked the system to connect or send to. */
function foreignAddresses(folder: string): string[] {
  const calls = readdirSync(folder)
    .filter((name) => name.startsWith('trace'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
  const internet = calls.filter((line) => /\b(connect|sendto|sendmsg)\(.*AF_INET6?/.test(line))
  return internet.filter((line) => !/127\.0\.0\.1|inet_addr\("127\.|"::1"|AF_UNSPEC/.test(line))
}

function traced(name: string): { folder: string; prefix: string[] } {
  const folder = mkdtempSync(join(home, `${name}-`))
  const calls = 'trace=connect,sendto,sendmsg'
  return { folder, prefix: ['strace', '-ff', '-qq', '-e', calls, '-o', join(folder, 'trace')] }
}

describe('with the network cut', () => {
  it.runIf(canCutOff)(
    'the whole main job runs on the command line',
    async () => {
      const { document, stderr } = await runJson(['tour'], { workspace: join(home, 'tour'), prefix: cutOff })
      expect(document.ok, stderr).toBe(true)
    },
    600_000,
  )

  it.runIf(canCutOff && isRoot)('the window opens, imports, and has sent 0 bytes', async () => {
    const script = join(import.meta.dirname, 'helpers', 'offline-window.mjs')
    const app = [executable(), join(home, 'window'), ...sandboxArguments, appFolder]
    const [command, ...rest] = [...cutOff, process.execPath, script, ...app]
    const { stdout, stderr } = await endOf(spawn(command!, rest, { stdio: ['ignore', 'pipe', 'pipe'] }))
    expect(stdout, stderr).not.toBe('')
    expect(JSON.parse(stdout)).toEqual({ interfaces: ['lo'], imported: true, bytesSent: 0, complaints: [] })
  })
})

describe('with the network there', () => {
  it.runIf(canTrace)('the trace would show a connection to another host', async () => {
    const { folder, prefix } = traced('control')
    const script =
      "require('net').connect({ host: '192.0.2.1', port: 80 }).on('error', () => {}).setTimeout(200, function () { this.destroy() })"
    const [command, ...rest] = [...prefix, process.execPath, '-e', script]
    await endOf(spawn(command!, rest, { stdio: ['ignore', 'pipe', 'pipe'] }))
    expect(foreignAddresses(folder)).toEqual([expect.stringContaining('192.0.2.1')])
  })

  it.runIf(canTrace)('serve and its workers ask the system for no other host', async () => {
    const { folder, prefix } = traced('serve')
    const served = await serve(join(home, 'served'), { prefix })
    const call = (method: string, input: unknown) =>
      served.fetch(`/api/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(input),
      })
    await call('datasets.importSample', { id: 'german-credit', name: 'german' })
    await call('catalog.get', {})
    const browser = await launchBrowser()
    const page = await browser.newPage()
    await page.goto(served.url)
    await page.getByText('german').first().waitFor()
    const info = (await (await call('workspace.get', {})).json()) as { value: { holder: { pid: number } } }
    process.kill(info.value.holder.pid, 'SIGINT') // the tracer itself would not pass it on
    await served.ended
    expect(readdirSync(folder).length).toBeGreaterThan(3)
    expect(foreignAddresses(folder)).toEqual([])
  })

  it.runIf(canTrace)(
    'training and auditing on the command line ask for no other host',
    async () => {
      const { folder, prefix } = traced('tour')
      const child = startCommand(['tour', '--json'], { workspace: join(home, 'traced'), prefix })
      const { stdout, stderr } = await endOf(child)
      expect(JSON.parse(stdout).ok, stderr).toBe(true)
      expect(foreignAddresses(folder)).toEqual([])
    },
    600_000,
  )

  it.runIf(canTrace)('the desktop app with all its processes asks for no other host', async () => {
    const { folder, prefix } = traced('window')
    const [command, ...rest] = [
      ...prefix,
      executable(),
      ...sandboxArguments,
      appFolder,
      `--workspace=${join(home, 'w')}`,
    ]
    const child = spawn(command!, rest, { stdio: 'ignore' })
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    const pid = execFileSync('pgrep', ['-P', String(child.pid)])
      .toString()
      .trim()
      .split('\n')[0]!
    process.kill(Number(pid), 'SIGTERM')
    await new Promise((resolve) => child.once('exit', resolve))
    expect(readdirSync(join(home, 'w'))).toContain('workspace.sqlite')
    expect(readdirSync(folder).length).toBeGreaterThan(5)
    expect(foreignAddresses(folder)).toEqual([])
  })
})
