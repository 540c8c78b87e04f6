import { spawn } from 'node:child_process'
import { SetupProblem } from './problems.mjs'
import { which } from './run.mjs'

/** Starts a display that nobody sees. Resolves to {display, stop}. */
export function startDisplay() {
  if (!which('Xvfb')) {
    throw new SetupProblem({
      what: 'There is no display to test the window on.',
      missing: 'Xvfb',
      todo: 'Debian, Ubuntu: sudo apt-get install xvfb',
    })
  }
  // It looks for a free number itself and writes it to the file descriptor it is given.
  const args = ['-displayfd', '3', '-screen', '0', '1920x1080x24', '-nolisten', 'tcp']
  const child = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const stop = () => child.kill()
  process.once('exit', stop)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => reject(new SetupProblem({ what: `Xvfb ended with ${code} before it was ready.` })))
    child.stdio[3].once('data', (number) => resolve({ display: `:${String(number).trim()}`, stop }))
  })
}
