import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { root } from './paths.mjs'

/** Whether a window can be shown. */
export function hasDisplay(env = process.env, platform = process.platform) {
  return platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
}

/** Arguments before the app's folder: Chromium's sandbox refuses to work for root, and only there it is off. */
export function electronArguments(uid = process.getuid?.()) {
  return uid === 0 ? ['--no-sandbox'] : []
}

/** The environment of the app: where Electron and the libraries of the engine are. */
export function appEnvironment(runtime, env = process.env) {
  const { ELECTRON_RUN_AS_NODE: _, ...rest } = env
  // The desktop app runs its workers in this Node (see src-main/electron/worker-host.ts).
  rest.PELLUCID_NODE ??= process.execPath
  const paths = runtime?.engine?.libraryPaths ?? []
  if (paths.length > 0) rest.LD_LIBRARY_PATH = [...paths, env.LD_LIBRARY_PATH].filter(Boolean).join(':')
  if (runtime?.source === 'registry') rest.ELECTRON_OVERRIDE_DIST_PATH = dirname(runtime.electronPath)
  return rest
}

/** Runs a program in the foreground; signals go to it. Resolves to its exit code. */
export function foreground(command, args, { env = process.env, cwd = root } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit' })
    // Ctrl-C reaches the child by itself; staying alive until it has ended keeps its last words on the screen.
    const ignore = () => {}
    const forward = () => child.kill('SIGTERM')
    process.on('SIGINT', ignore)
    process.on('SIGTERM', forward)
    child.on('error', (error) => (process.stderr.write(`${error.message}\n`), resolve(1)))
    child.on('exit', (code, signal) => {
      process.off('SIGINT', ignore)
      process.off('SIGTERM', forward)
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1))
    })
  })
}

export const commandLine = join(root, 'bin', 'pellucid.mjs')
