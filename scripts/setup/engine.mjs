import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { bringAddon, cachedAddon } from './addon.mjs'
import { keyOf, readJson, writeJson } from './cache.mjs'
import { root, stampsDir } from './paths.mjs'
import { explain, missingTools, SetupProblem } from './problems.mjs'
import { ask, lastLines, run, which } from './run.mjs'
import { bringTensorflow, tensorflowDir } from './tensorflow.mjs'
import { findTools } from './tools.mjs'
import { chooseWheels, libraryLinks, tensorflowVersion } from './wheels.mjs'

const folder = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu')
const binding = join(folder, 'lib', 'napi-v8', 'tfjs_binding.node')
const stampFile = join(stampsDir, 'engine.json')
const retryMs = 24 * 60 * 60 * 1000

/**
 * Builds the native engine: tfjs-node's binding against the TensorFlow wheel that fits. Where that cannot be had the
 * workbench computes in pure JavaScript: this step never stops set-up. Returns the engine's entry of runtime.json.
 */
export async function bringEngine(progress, { retry = false } = {}) {
  progress.begin('Native engine')
  const hasNvidia = hasNvidiaGpu()
  const plans = chooseWheels({ platform: process.platform, arch: process.arch, hasNvidia, isMusl: isMusl() })
  const { version } = readJson(join(folder, 'package.json'))
  const key = keyOf({ version, plans, links: libraryLinks(process.platform), arch: process.arch })
  const stamp = readJson(stampFile)
  if (stamp?.key === key && !retry && isStillGood(stamp, { now: Date.now(), tools: findTools(), isPlaced })) {
    progress.end(describeEngine(stamp.engine))
    return stamp.engine
  }
  // Asked for, not found out: nothing to remember.
  if (process.env.PELLUCID_ENGINE === 'cpu') {
    const engine = inJavaScript('It was asked for (PELLUCID_ENGINE=cpu).')
    progress.end(describeEngine(engine))
    return engine
  }
  const engine = await buildFirst(plans, version, progress)
  const { isQuick, ...entry } = engine
  if (!isQuick) writeJson(stampFile, { key, engine: entry, at: Date.now(), tools: findTools() })
  progress.end(describeEngine(entry))
  return entry
}

/** A native engine is good while its files are there. A missing one is tried again after a day or with new tools. */
export function isStillGood(stamp, { now, tools, isPlaced }) {
  if (stamp.engine.kind === 'native') return isPlaced(stamp.engine)
  return now - stamp.at < retryMs && keyOf(stamp.tools) === keyOf(tools)
}

function isPlaced(engine) {
  const links = Object.keys(libraryLinks(process.platform))
  return existsSync(engine.wheelDir) && existsSync(binding) && links.every((name) => existsSync(libraryPath(name)))
}

export function describeEngine(engine) {
  if (engine.kind === 'native') return `TensorFlow ${engine.tensorflow} (${engine.wheel})`
  return `pure JavaScript, much slower. ${engine.reason}`
}

function inJavaScript(reason) {
  return { kind: 'cpu', tensorflow: null, wheel: null, reason }
}

async function buildFirst(plans, version, progress) {
  const reasons = []
  let isQuick = false
  if (plans.length === 0) return inJavaScript(`No TensorFlow library for ${process.platform} ${process.arch} is known.`)
  for (const plan of plans) {
    try {
      return { ...(await build(plan, version, progress)), ...(reasons.length > 0 && { reason: reasons.at(-1) }) }
    } catch (error) {
      if (!(error instanceof SetupProblem) && error.code !== 'ENOSPC') throw error
      const reason = error.oneLine ?? `The disk is full: ${error.message}`
      reasons.push(reason)
      isQuick = error.isQuick ?? true
      progress.say(explain(error))
    }
  }
  rmSync(binding, { force: true })
  return { ...inJavaScript(reasons.at(-1)), isQuick }
}

async function build(plan, version, progress) {
  const what = 'The native engine'
  const addon = { log: 'engine', content: { version, wheel: basename(tensorflowDir(plan)) } }
  // Known before the long download.
  const lacking = existsSync(cachedAddon(addon)) ? null : missingTools(findTools())
  if (lacking) throw new SetupProblem({ what: `${what} cannot be compiled.`, ...lacking })
  const wheelDir = await bringTensorflow(plan, progress)
  linkWheel(folder, wheelDir)
  const how = await bringAddon(
    {
      ...addon,
      what,
      target: binding,
      prepare: (stage) => {
        for (const name of ['binding', 'binding.gyp', 'package.json']) {
          cpSync(join(folder, name), join(stage, name), { recursive: true })
        }
        linkWheel(stage, wheelDir)
        mkdirSync(join(stage, 'out'))
      },
      // The module's place is relative to the folder: it is copied from there.
      args: ['--module_name=tfjs_binding', '--module_path=out', '--napi_version=9', '--napi_build_version=8'],
      output: join('build', 'Release', 'tfjs_binding.node'),
      verify: () => verify(libraryPaths(wheelDir)),
    },
    progress,
  )
  progress.say(`binding ${how}`)
  return {
    kind: 'native',
    tensorflow: tensorflowVersion,
    wheel: plan.wheel,
    wheelDir,
    libraryPaths: libraryPaths(wheelDir),
    tested: plan.tested,
  }
}

function libraryPath(name, base = folder) {
  return join(base, 'deps', 'lib', name)
}

/** Lets the package at `base` find the headers and libraries where its own download would have put them. */
function linkWheel(base, wheelDir) {
  rmSync(join(base, 'deps'), { recursive: true, force: true })
  mkdirSync(join(base, 'deps', 'lib'), { recursive: true })
  symlinkSync(join(wheelDir, 'tensorflow', 'include'), join(base, 'deps', 'include'))
  for (const [name, file] of Object.entries(libraryLinks(process.platform))) {
    symlinkSync(join(wheelDir, 'tensorflow', file), libraryPath(name, base))
  }
}

/** Folders with the libraries of CUDA, for LD_LIBRARY_PATH; empty with the CPU wheel. */
function libraryPaths(wheelDir) {
  const nvidia = join(wheelDir, 'nvidia')
  if (!existsSync(nvidia)) return []
  return readdirSync(nvidia)
    .map((name) => join(nvidia, name, 'lib'))
    .filter((path) => existsSync(path))
}

/** Loads the engine in a process of its own and computes with it; a crash there is an answer too. */
async function verify(paths) {
  const probe = [
    "const util = require('node:util')",
    'util.isNullOrUndefined ??= (value) => value === null || value === undefined',
    `const tf = require('@tensorflow/tfjs-node-gpu')`,
    `if (tf.getBackend() !== 'tensorflow' || tf.scalar(2).add(3).dataSync()[0] !== 5) throw new Error('wrong result')`,
  ].join('\n')
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' }
  if (paths.length > 0) env.LD_LIBRARY_PATH = [...paths, env.LD_LIBRARY_PATH].filter(Boolean).join(':')
  const { code, output } = await run(process.execPath, ['-e', probe], {
    cwd: root,
    env,
    log: 'engine',
    timeoutMs: 300_000,
  })
  if (code === 0) return null
  const hint = code === null || code > 128 ? ' (TensorFlow needs a processor with AVX)' : ''
  return `${lastLines(output, 4).trim() || `the process ended with ${code ?? 'a signal'}`}${hint}`
}

export function hasNvidiaGpu() {
  if (process.platform !== 'linux') return false
  if (existsSync('/proc/driver/nvidia/version')) return true
  return Boolean(which('nvidia-smi') && ask('nvidia-smi', ['-L']))
}

function isMusl() {
  return process.platform === 'linux' && readdirSync('/lib').some((name) => name.startsWith('ld-musl-'))
}
