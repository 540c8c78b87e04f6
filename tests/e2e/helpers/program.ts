import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../../..')

/** The built app: its folder has the package.json that Electron starts. Another build can be named for a quick try. */
export const appFolder = process.env['PELLUCID_TEST_APP'] ?? root
const out = appFolder === root ? join(root, 'out') : appFolder
export const mainBundle = join(out, 'main', 'index.js')
export const commandLine = join(out, 'main', 'cli.js')

export const sample = (name: string) => join(root, 'resources', 'samples', name)

interface Runtime {
  electronPath?: string
  electronVersion?: string
  source?: 'official' | 'registry'
  chromiumPath?: string | null
}

/** What set-up found and brought. */
export function runtime(): Runtime {
  const path = join(root, '.cache', 'runtime.json')
  if (!existsSync(path)) throw new Error('Run "npm start -- --setup-only" first: end-to-end tests need the built app.')
  return JSON.parse(readFileSync(path, 'utf8')) as Runtime
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  workspace?: string
  env?: Record<string, string>
  cwd?: string
  /** Put before the command: `unshare -n --`, a shell that mounts something … */
  prefix?: string[]
}

/** Starts the command line as a user would; nothing of the outside environment names a workspace. */
export function startCommand(args: string[], { workspace, env = {}, cwd, prefix = [] }: RunOptions = {}): ChildProcess {
  const place = workspace ? ['--workspace', workspace] : []
  const [command, ...rest] = [...prefix, process.execPath, commandLine, ...args, ...place]
  const { PELLUCID_WORKSPACE: _, ...outside } = process.env
  return spawn(command!, rest, { env: { ...outside, ...env }, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
}

export async function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', (chunk) => (stdout += chunk))
  child.stderr!.on('data', (chunk) => (stderr += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

export const run = (args: string[], options: RunOptions = {}): Promise<Ended> => endOf(startCommand(args, options))

/** Runs a verb with `--json`; the document is all that may be on standard output. */
export async function runJson(args: string[], options: RunOptions = {}) {
  const ended = await run([...args, '--json'], options)
  const lines = ended.stdout.trim().split('\n')
  if (lines.length !== 1) throw new Error(`Not one document: ${ended.stdout}\n${ended.stderr}`)
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test looks into documents of every shape
  return { ...ended, document: JSON.parse(lines[0]!) as any }
}
