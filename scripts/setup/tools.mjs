import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ask, which } from './run.mjs'

/** What compiling needs, as far as this machine has it: paths, or null for what is not there. */
export function findTools(env = process.env, platform = process.platform) {
  // On Windows node-gyp finds Visual Studio by itself, in places that are not on the PATH.
  if (platform === 'win32') return { compiler: 'msvc', make: 'msbuild', python: findPython(env, platform) }
  const compiler = env.CXX ? which(env.CXX.split(' ')[0], env) : null
  return {
    compiler: compiler ?? which('g++', env) ?? which('c++', env) ?? which('clang++', env),
    make: which('make', env) ?? which('gmake', env),
    python: findPython(env, platform),
  }
}

function pythonCandidates(env, platform) {
  const names = platform === 'win32' ? ['python', 'py'] : ['python3', 'python']
  const system = platform === 'win32' ? [] : ['/usr/bin/python3'].filter((file) => existsSync(file))
  return [...names.map((name) => which(name, env, platform)), ...system].filter(Boolean)
}

function findPython(env, platform) {
  return pythonCandidates(env, platform)[0] ?? null
}

/** The first Python 3 that has pip, or null. Asks each, which takes a moment: only for a download. */
export function findPythonWithPip(env = process.env, platform = process.platform) {
  return pythonCandidates(env, platform).find((python) => ask(python, ['-m', 'pip', '--version'])) ?? null
}

/** The prefix whose include/node holds complete headers, as Node's own archives bring them, or null. */
export function findHeaders(execPath = process.execPath) {
  const beside = dirname(dirname(realpathSync(execPath)))
  return [beside, '/usr/local', '/usr'].find(hasHeaders) ?? null
}

// The addons use the stable Node-API and libuv only, so headers of another Node version serve as well.
export function hasHeaders(prefix) {
  return ['node_api.h', 'uv.h', 'common.gypi'].every((name) => existsSync(join(prefix, 'include', 'node', name)))
}
