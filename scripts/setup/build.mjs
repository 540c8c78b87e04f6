import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { keyOfFiles, readJson, writeJson } from './cache.mjs'
import { logsDir, repoCache, root, stampsDir } from './paths.mjs'
import { SetupProblem } from './problems.mjs'
import { lastLines, run } from './run.mjs'

const stamp = join(stampsDir, 'build.json')
const results = ['main/index.js', 'main/cli.js', 'main/worker.js', 'preload/index.js', 'renderer/index.html']

/** What the bundles are made of. Samples are read at run time and belong to no bundle. */
const sources = [
  'src-main',
  'src-preload',
  'src-renderer',
  'src-shared',
  'resources',
  'package.json',
  'package-lock.json',
  'electron.vite.config.ts',
  'tsconfig.json',
]
const isIgnored = (name) => name.startsWith('resources/samples/') || name.endsWith('.md')

export function buildKey(base = root) {
  return keyOfFiles(base, sources, isIgnored)
}

/** Bundles the app into out/ when a source has changed. */
export async function bringBuild(progress, { force = false } = {}) {
  progress.begin('Build')
  const key = buildKey()
  const isThere = results.every((name) => existsSync(join(root, 'out', name)))
  if (isThere && !force && readJson(stamp)?.key === key) return progress.end('up to date')

  progress.say('bundling')
  const out = join(repoCache, `out-${process.pid}`)
  const script = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  try {
    const { code, output } = await run(process.execPath, [script, 'build', '--outDir', out], {
      cwd: root,
      log: 'build',
      onTick: () => progress.tick('bundling'),
    })
    const missing = results.filter((name) => !existsSync(join(out, name)))
    if (code !== 0 || missing.length > 0) {
      throw new SetupProblem({
        what: `The build failed:\n${lastLines(output, 20)}`,
        missing: missing.map((name) => `out/${name}`).join(', '),
        todo: 'Correct what the message names, then start again',
        log: join(logsDir, 'build.log'),
      })
    }
    // Made beside and swapped in, so that a killed build leaves the old one whole.
    rmSync(stamp, { force: true })
    rmSync(join(root, 'out'), { recursive: true, force: true })
    renameSync(out, join(root, 'out'))
    writeJson(stamp, { key })
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
  progress.end('done')
}
