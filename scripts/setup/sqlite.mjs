import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { bringAddon } from './addon.mjs'
import { keyOf, readJson, writeJson } from './cache.mjs'
import { root, stampsDir } from './paths.mjs'
import { lastLines, run } from './run.mjs'

const folder = join(root, 'node_modules', 'sqlite3')
const target = join(folder, 'build', 'Release', 'node_sqlite3.node')
const stamp = join(stampsDir, 'sqlite.json')

/** Compiles the database driver. It speaks Node-API: one build serves Node.js and Electron. */
export async function bringSqlite(progress) {
  progress.begin('Database driver')
  const { version } = readJson(join(folder, 'package.json'))
  const key = keyOf({ version, platform: process.platform, arch: process.arch })
  if (existsSync(target) && readJson(stamp)?.key === key) return progress.end(`sqlite3 ${version} is there`)
  const how = await bringDriver(version, progress)
  writeJson(stamp, { key })
  progress.end(`sqlite3 ${version}, ${how}`)
}

async function bringDriver(version, progress) {
  try {
    return await bringAddon(
      {
        what: `The database driver (sqlite3 ${version})`,
        log: 'sqlite3',
        target,
        content: { version },
        prepare: (stage) =>
          cpSync(folder, stage, { recursive: true, filter: (path) => path !== join(folder, 'build') }),
        args: ['--napi_version=9', '--napi_build_version=6'],
        output: join('build', 'Release', 'node_sqlite3.node'),
        verify,
      },
      progress,
    )
  } catch (problem) {
    // Without a compiler there may still be the build that the driver's makers publish.
    progress.say('trying the published build')
    if (await fetchPublished(progress)) return 'published build'
    throw problem
  }
}

async function fetchPublished(progress) {
  const script = join(root, 'node_modules', 'prebuild-install', 'bin.js')
  if (!existsSync(script)) return false
  const options = { cwd: folder, log: 'sqlite3', timeoutMs: 60_000, onTick: () => progress.tick('downloading') }
  const { code } = await run(process.execPath, [script, '-r', 'napi'], options)
  return code === 0 && (await verify()) === null
}

async function verify() {
  const probe = `new (require('sqlite3').Database)(':memory:').get('select 1 as one', (e, r) => process.exit(r.one === 1 ? 0 : 1))`
  const { code, output } = await run(process.execPath, ['-e', probe], { cwd: root, log: 'sqlite3', timeoutMs: 60_000 })
  return code === 0 ? null : lastLines(output, 3).trim() || 'it ended without a word'
}
