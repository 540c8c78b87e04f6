import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { logsDir } from './paths.mjs'

const children = new Set()

/** Ends what set-up started; called when set-up itself is told to end. */
export function killChildren(signal = 'SIGTERM') {
  for (const child of children) child.kill(signal)
}

/**
 * Runs a program without a shell; its output goes to `.cache/logs/<log>.log`.
 * Resolves to {code, output, timedOut}: `output` is the end of what it printed; code is null when it could not be
 * started or was killed. `onTick` is called four times a second; when it returns false the program is ended.
 */
export function run(command, args, { cwd, env = process.env, log, timeoutMs, onTick, onStart } = {}) {
  return new Promise((resolve) => {
    const logFile = log ? join(logsDir, `${log}.log`) : null
    if (logFile) {
      mkdirSync(dirname(logFile), { recursive: true })
      appendFileSync(logFile, `\n$ ${basename(command)} ${args.join(' ')}\n`)
    }
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    children.add(child)
    onStart?.(child.pid)
    let output = ''
    let timedOut = false
    const stop = () => {
      timedOut = true
      child.kill('SIGKILL')
    }
    const collect = (chunk) => {
      output = (output + chunk).slice(-65_536)
      if (logFile) appendFileSync(logFile, chunk)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const timeout = timeoutMs ? setTimeout(stop, timeoutMs) : undefined
    const ticker = onTick ? setInterval(() => onTick(output) === false && stop(), 250) : undefined
    const settle = (code) => {
      clearTimeout(timeout)
      clearInterval(ticker)
      children.delete(child)
      resolve({ code, output, timedOut })
    }
    child.on('error', (error) => (collect(`${error.message}\n`), settle(null)))
    child.on('close', settle)
  })
}

/** The last lines a program printed, without its colours, for a message. */
export function lastLines(output, count = 12) {
  return output
    .replace(/\x1b\[[\d;]*[A-Za-z]/g, '')
    .trimEnd()
    .split('\n')
    .slice(-count)
    .map((line) => `    ${line}`)
    .join('\n')
}

/** Runs a short program and returns what it printed, trimmed, or null when it failed. */
export function ask(command, args, timeoutMs = 20_000) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: timeoutMs, windowsHide: true })
  return status === 0 ? stdout.trim() : null
}

/** The full path of a program on the PATH, or null. */
export function which(name, env = process.env, platform = process.platform) {
  const endings = platform === 'win32' ? ['.exe', '.cmd', '.bat'] : ['']
  for (const folder of (env.PATH ?? env.Path ?? '').split(platform === 'win32' ? ';' : ':')) {
    for (const ending of endings) {
      const file = join(folder, name + ending)
      if (folder && existsSync(file)) return file
    }
  }
  return null
}

/** How to call npm: the one that started us, else the one beside Node, else the one on the PATH. */
export function npmCommand(env = process.env) {
  const beside = dirname(process.execPath)
  const candidates = [
    env.npm_execpath?.replace(/npx-cli\.js$/, 'npm-cli.js'),
    join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ]
  const script = candidates.find((file) => file && basename(file) === 'npm-cli.js' && existsSync(file))
  return script ? [process.execPath, script] : ['npm']
}

/** Runs npm. Install scripts stay off whatever the user's own configuration says. */
export function npm(args, options = {}) {
  const [command, ...first] = npmCommand()
  const env = {
    ...(options.env ?? process.env),
    npm_config_ignore_scripts: 'true',
    npm_config_update_notifier: 'false',
    ELECTRON_SKIP_BINARY_DOWNLOAD: '1',
    // onnxruntime-node's install script would download what its package already carries.
    ONNXRUNTIME_NODE_INSTALL: 'skip',
  }
  return run(command, [...first, ...args], { ...options, env })
}
