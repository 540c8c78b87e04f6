import { utilityProcess } from 'electron'
import { describeExit, eachLine, type OnOutput } from '../headless/fork-host'
import type { SpawnWorker } from '../worker/host'
import type { FromWorker } from '../worker/protocol'

/** Starts workers as utility processes of Electron, which need no `node` on the machine and end with the app. */
export function utilityHost(script: string, onOutput: OnOutput): SpawnWorker {
  return (role, env) => {
    const child = utilityProcess.fork(script, [`--role=${role}`], {
      env: { ...(process.env as Record<string, string>), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      serviceName: `Pellucid ${role}`,
    })
    if (child.stdout) eachLine(child.stdout, (line) => onOutput(role, line))
    if (child.stderr) eachLine(child.stderr, (line) => onOutput(role, line))
    let pid = child.pid
    child.once('spawn', () => (pid = child.pid))
    return {
      get pid() {
        return pid
      },
      send: (message) => child.postMessage(message),
      onMessage: (listener) => void child.on('message', (message: FromWorker) => listener(message)),
      onExit: (listener) => void child.once('exit', (code) => listener(describeUtilityExit(code))),
      // Electron has only SIGTERM to offer, which a busy kernel outlives.
      kill() {
        if (pid === undefined) return void child.kill()
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          child.kill() // it is gone already
        }
      },
    }
  }
}

/** On POSIX Electron reports a deadly signal as its number, or as 128 plus it. */
function describeUtilityExit(code: number): string {
  if (code === 9 || code === 137) return describeExit(null, 'SIGKILL')
  if (code === 11 || code === 139) return describeExit(null, 'SIGSEGV')
  return describeExit(code, null)
}
