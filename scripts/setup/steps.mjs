import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, readJson, removeLeftover, writeJson } from './cache.mjs'
import { bringBuild } from './build.mjs'
import { bringDependencies } from './dependencies.mjs'
import { bringElectron } from './electron-runtime.mjs'
import { bringEngine } from './engine.mjs'
import { takeLock } from './lock.mjs'
import { repoCache, runtimeFile, userCacheDir } from './paths.mjs'
import { explain, requireWritable, SetupProblem } from './problems.mjs'
import { Progress } from './progress.mjs'
import { killChildren, which } from './run.mjs'
import { bringSqlite } from './sqlite.mjs'
import { bringSystemLibraries } from './system-libraries.mjs'
import { bringWeights } from './weights.mjs'

/**
 * Brings everything the workbench needs, each step only where something is missing or has changed.
 *   stream     where progress goes
 *   forTests   the browser for the tests as well
 *   electron   'any', 'official', 'registry'
 *   retry      tries a native engine that could not be had once more
 *   build      false leaves the build out (the development server makes its own)
 * Returns what it wrote to .cache/runtime.json.
 */
export async function setUp({ stream = process.stdout, forTests = false, electron = 'any', retry, build = true } = {}) {
  requireNode()
  requireWritable(repoCache)
  requireWritable(userCacheDir())
  const progress = new Progress(stream, build ? 7 : 6)
  if (!existsSync(runtimeFile)) {
    progress.line(
      'The first set-up takes a few minutes and fetches up to 1 GB; what it made is kept for the next time.',
    )
  }
  const giveBack = await takeLock(progress)
  const stop = (signal) => {
    killChildren('SIGKILL')
    giveBack()
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    sweep()
    await bringSystemLibraries({ forTests }, progress)
    await bringDependencies(progress)
    await bringSqlite(progress)
    const engine = await bringEngine(progress, { retry })
    await bringWeights(progress, { retry })
    const runtime = await electronOrReason(electron, progress)
    const facts = { ...runtime, engine, chromiumPath: findChromium() }
    if (JSON.stringify(readJson(runtimeFile)) !== JSON.stringify(facts)) writeJson(runtimeFile, facts)
    if (build) await bringBuild(progress)
    progress.line(`Ready (${progress.elapsed.toFixed(1)} s).`)
    return facts
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    giveBack()
  }
}

/** Without Electron there is no window, but the same workbench in a browser: not a reason to stop. */
async function electronOrReason(wanted, progress) {
  try {
    return await bringElectron(progress, { wanted })
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error
    progress.end(error.message)
    return { electronPath: null, electronVersion: null, source: null, electronReason: error.message }
  }
}

/** Removes what killed set-ups left in this checkout: names that end in the id of a process that is gone. */
function sweep() {
  for (const name of readdirSync(repoCache)) {
    const pid = /^(?:compile-.*|out|electron-download)-(\d+)$/.exec(name)?.[1]
    if (pid && !isAlive(Number(pid))) removeLeftover(join(repoCache, name))
  }
}

export function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  const fixed = ['/usr/bin/chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']
  return names.map((name) => which(name)).find(Boolean) ?? fixed.find((file) => existsSync(file)) ?? null
}

/** Older ones lack what Vite and the rest are written for. */
export function requireNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new SetupProblem({
    what: `Node.js ${version} is too old for Pellucid.`,
    expected: 'Node.js 20.19 or newer',
    todo: 'Install a current Node.js and start again',
  })
}

/** Prints a problem for a person (a bug with its stack) and ends with 1. */
export function failSetUp(error, stream = process.stderr) {
  stream.write(`\n${explain(error)}\n`)
  process.exit(1)
}
