import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'

/** Set-up cannot go on (or a step cannot), in words for a person: what is missing, what was expected, what to do. */
export class SetupProblem extends Error {
  constructor({ what, missing, expected, todo, log, isQuick = false }) {
    super(describeProblem({ what, missing, expected, todo, log }))
    this.name = 'SetupProblem'
    const parts = [what.split('\n')[0], missing && `Missing: ${missing}.`, todo && `To do: ${todo}.`]
    /** Found out in no time, so it need not be remembered to spare the next start a wait. */
    this.isQuick = isQuick
    /** The same in one line, for a status bar or a report. */
    this.oneLine = parts.filter(Boolean).join(' ')
  }
}

export function describeProblem({ what, missing, expected, todo, log }) {
  const lines = [what]
  if (missing) lines.push(`  missing:  ${missing}`)
  if (expected) lines.push(`  expected: ${expected}`)
  if (todo) lines.push(`  to do:    ${todo}`)
  if (log) lines.push(`  log:      ${log}`)
  return lines.join('\n')
}

const installHints = {
  linux: {
    compiler: 'Debian, Ubuntu: sudo apt-get install build-essential. Fedora: sudo dnf install gcc-c++ make',
    python: 'Debian, Ubuntu: sudo apt-get install python3 python3-pip. Fedora: sudo dnf install python3 python3-pip',
  },
  darwin: {
    compiler: 'xcode-select --install',
    python: 'Install Python 3 (it brings pip), for instance with Homebrew',
  },
  win32: {
    compiler: 'Install Visual Studio Build Tools with "Desktop development with C++"',
    python: 'Install Python 3 with pip and tick "Add to PATH"',
  },
}

/**
 * Names the tools that compiling an addon lacks. `tools` is what `findTools` found; a null is a tool that is not there.
 * Returns null when all is there.
 */
export function missingTools(tools, platform = process.platform) {
  const hints = installHints[platform] ?? installHints.linux
  const missing = []
  const todo = []
  if (!tools.compiler) missing.push('a C++ compiler')
  if (!tools.make && platform !== 'win32') missing.push('make')
  if (missing.length > 0) todo.push(hints.compiler)
  if (!tools.python) {
    missing.push('Python 3')
    todo.push(hints.python)
  }
  if (missing.length === 0) return null
  return {
    missing: missing.join(', '),
    expected: 'g++ or clang++, make and Python 3 on the PATH (node-gyp compiles with them)',
    todo: todo.join('; '),
    isQuick: true,
  }
}

export function missingPip(platform = process.platform) {
  return {
    missing: 'a Python 3 with pip',
    expected: 'python3 -m pip --version answers; pip fetches the TensorFlow wheel',
    todo: (installHints[platform] ?? installHints.linux).python,
  }
}

/** Throws where the disk that holds `dir` has less than `bytes` left. Checked before a step writes anything. */
export function requireDiskSpace(dir, bytes, what, free = freeBytes(dir)) {
  if (free >= bytes) return
  throw new SetupProblem({
    what: `Not enough disk space for ${what}.`,
    missing: `${megabytes(bytes - free)} of free space`,
    expected: `${megabytes(bytes)} free on the disk that holds ${dir}; ${megabytes(free)} are`,
    todo: 'Free some space, or set PELLUCID_CACHE to a folder on another disk',
    isQuick: true,
  })
}

/** Throws where nothing can be written to `dir`, which is made when it is not there. */
export function requireWritable(dir) {
  try {
    mkdirSync(dir, { recursive: true })
    accessSync(dir, constants.W_OK)
  } catch (error) {
    throw new SetupProblem({
      what: `Set-up cannot write to ${dir} (${error.code}).`,
      expected: 'a folder this user may write to',
      todo: 'Change its owner or rights, or set PELLUCID_CACHE to another folder',
    })
  }
}

/** Any error for a person; a bug keeps its stack. */
export function explain(error) {
  if (error instanceof SetupProblem) return error.message
  if (error.code === 'ENOSPC') {
    return describeProblem({ what: `The disk is full: ${error.path ?? error.message}`, todo: 'Free some space' })
  }
  return error.stack
}

export function freeBytes(dir) {
  let existing = dir
  while (!existsSync(existing)) existing = dirname(existing)
  const { bavail, bsize } = statfsSync(existing)
  return bavail * bsize
}

export function megabytes(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`
}
