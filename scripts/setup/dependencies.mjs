import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readJson } from './cache.mjs'
import { noteNpm } from './lock.mjs'
import { logsDir, root } from './paths.mjs'
import { requireDiskSpace, SetupProblem } from './problems.mjs'
import { lastLines, npm } from './run.mjs'

const modules = join(root, 'node_modules')

/** Brings node_modules to what package-lock.json says. */
export async function bringDependencies(progress) {
  progress.begin('Dependencies')
  const lock = readJson(join(root, 'package-lock.json'))
  if (!lock)
    throw new SetupProblem({ what: 'package-lock.json cannot be read.', todo: 'Restore it: git checkout -- .' })
  // npm removes this list first and writes it last: where it is and fits, the folder is complete.
  const installed = readJson(join(modules, '.package-lock.json'))
  const differing = differingPackages(lock, installed)
  if (differing.length === 0) return progress.end('as in package-lock.json')

  const total = differingPackages(lock, null).length
  requireDiskSpace(root, 1.5e9, 'the dependencies')
  progress.say(`npm ci (${installed ? `${differing.length} packages differ` : `${total} packages`})`)
  mkdirSync(modules, { recursive: true })
  const { code, output } = await npm(['ci', '--no-audit', '--no-fund', '--include=dev', '--include=optional'], {
    cwd: root,
    log: 'dependencies',
    onStart: noteNpm,
    onTick: () => progress.tick(() => `${countPackages(modules)} of about ${total} packages`),
  })
  if (code === 0 && differingPackages(lock, readJson(join(modules, '.package-lock.json'))).length === 0) {
    return progress.end(`${total} packages installed`)
  }
  throw new SetupProblem({
    what: `The dependencies could not be installed:\n${lastLines(output, 8)}`,
    missing: /ENOSPC/.test(output) ? 'disk space' : 'most likely a connection to the package registry',
    expected: 'npm ci installs what package-lock.json lists',
    todo: 'Check the network, npm’s registry and proxy settings and the free disk space, then start again',
    log: join(logsDir, 'dependencies.log'),
  })
}

/**
 * Paths of packages that this platform needs and that are missing or of another version. Optional packages count only
 * when they name this platform: others are left out by npm as it sees fit.
 */
export function differingPackages(lock, installed, platform = process.platform, arch = process.arch) {
  return Object.entries(lock.packages)
    .filter(([path, wanted]) => path !== '' && !wanted.link && isWanted(wanted, platform, arch))
    .filter(([path, wanted]) => installed?.packages?.[path]?.version !== wanted.version)
    .map(([path]) => path)
}

function isWanted({ optional, devOptional, os, cpu, libc }, platform, arch) {
  if (!optional && !devOptional) return true
  if (!os && !cpu) return false
  const names = (list, value) => !list || (list.includes(value) && !list.includes(`!${value}`))
  return names(os, platform) && names(cpu, arch) && names(libc, 'glibc')
}

/** Packages that have arrived: npm makes all folders first and fills them as downloads come in. */
function countPackages(folder) {
  const names = readdirSync(folder).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(folder, name)).map((child) => join(name, child)) : [name],
  )
  return names.filter((name) => existsSync(join(folder, name, 'package.json'))).length
}
