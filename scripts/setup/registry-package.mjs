import { createHash } from 'node:crypto'
import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { SetupProblem } from './problems.mjs'
import { lastLines, npm, run } from './run.mjs'

/**
 * Fetches the archive of one registry package into `folder` and checks it against the integrity pinned here, whatever
 * the registry says of it. `pinned` is {name, version, integrity}. Returns the archive's path.
 */
export async function fetchPackage(pinned, folder, { log, onTick }) {
  const args = ['pack', `${pinned.name}@${pinned.version}`, '--pack-destination', folder]
  const { code, output } = await npm(args, { cwd: folder, log, onTick })
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (code !== 0 || !archive) {
    throw new SetupProblem({
      what: `The package ${pinned.name}@${pinned.version} could not be fetched:\n${lastLines(output, 4)}`,
      missing: 'a connection to the package registry',
      todo: 'Check the network and npm’s registry setting, then start again',
    })
  }
  const file = join(folder, archive)
  const found = await integrityOf(file)
  if (found !== pinned.integrity) {
    throw new SetupProblem({
      what: `The package ${pinned.name}@${pinned.version} is not the one that was pinned, so it was not used.`,
      missing: 'a package with the pinned content',
      expected: `${pinned.integrity}, found ${found}`,
      todo: 'Check which registry npm asks; clear its cache with: npm cache clean --force',
    })
  }
  return file
}

/** The integrity of a file as npm writes it: sha512-BASE64. */
export async function integrityOf(file) {
  const hash = createHash('sha512')
  await pipeline(createReadStream(file), hash)
  return `sha512-${hash.digest('base64')}`
}

/** Unpacks `members` of an archive (all, when none is named) into `folder`. */
export async function unpack(archive, folder, members = [], log = undefined) {
  const { code, output } = await run('tar', ['-xzf', archive, '-C', folder, ...members], { log })
  if (code !== 0) {
    throw new SetupProblem({
      what: `${archive} could not be unpacked:\n${lastLines(output, 4)}`,
      expected: 'the program tar, and room on the disk',
    })
  }
}
