import { fork } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { FromWorker } from '../worker/protocol'
import type { SpawnWorker, WorkerRole } from '../worker/host'

/** How the last lines of a worker's output are kept: TensorFlow says there why it gave up. */
export type OnOutput = (role: WorkerRole, line: string) => void

/**
 * Starts workers as child processes of Node; `script` is the built `worker.js`. They end with their parent. `execPath`
 * names another Node than the one that runs this.
 */
export function forkHost(script: string, onOutput: OnOutput, execPath = process.execPath): SpawnWorker {
  return (role, env) => {
    const child = fork(script, [`--role=${role}`], {
      execPath,
      // A debugger of the parent (Playwright starts one) is not the worker's.
      execArgv: [],
      env: { ...process.env, ...env },
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C in a terminal reaches the whole process group; the parent decides what becomes of the worker.
      detached: process.platform !== 'win32',
    })
    for (const stream of [child.stdout, child.stderr]) if (stream) eachLine(stream, (line) => onOutput(role, line))
    return {
      pid: child.pid,
      send(message) {
        if (child.connected) child.send(message, () => {}) // a dead channel shows in onExit
      },
      onMessage: (listener) => void child.on('message', (message) => listener(message as FromWorker)),
      onExit(listener) {
        child.once('error', (error) => listener(error.message))
        child.once('exit', (code, signal) => listener(describeExit(code, signal)))
      },
      kill: () => void child.kill('SIGKILL'),
    }
  }
}

/** How a process ended, in words that help. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') return 'killed (SIGKILL), which the system also does when memory runs out'
  if (signal) return `ended by ${signal}`
  return `exit code ${code ?? 'unknown'}`
}

/** Calls `onLine` for every whole line of a stream of text. */
export function eachLine(stream: Readable | NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = ''
  stream.on('data', (chunk: Buffer | string) => {
    const lines = (rest + chunk.toString()).split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim()) onLine(line)
  })
  stream.on('end', () => {
    if (rest.trim()) onLine(rest)
  })
}
