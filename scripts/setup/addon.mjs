import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { keyOf } from './cache.mjs'
import { headerArguments, nodeGyp } from './headers.mjs'
import { logsDir, repoCache, userCacheDir } from './paths.mjs'
import { missingTools, requireDiskSpace, SetupProblem } from './problems.mjs'
import { lastLines, run } from './run.mjs'
import { findTools } from './tools.mjs'

/**
 * Brings the compiled addon `target` (a .node file): from the user's cache, else by compiling.
 *   what     its name in messages
 *   content  all that decides its content besides the platform: versions, options
 *   prepare  fills the folder it is compiled in with its sources
 *   args     further node-gyp arguments; `output` is the path of the result below that folder
 *   verify   resolves to null, or to what is wrong with `target` once it is in place
 * Compiling happens in a folder of its own, so that a killed set-up leaves nothing half made in node_modules.
 */
export async function bringAddon({ what, log, target, content, prepare, args, output, verify }, progress) {
  const cached = cachedAddon({ log, content })
  if (existsSync(cached)) {
    place(cached, target)
    if (!(await verify())) return 'from the cache'
    rmSync(cached, { force: true })
  }

  const lacking = missingTools(findTools())
  if (lacking) throw new SetupProblem({ what: `${what} cannot be compiled.`, ...lacking })

  requireDiskSpace(repoCache, 200e6, `compiling ${log}`)
  const headers = await headerArguments(progress, log)
  progress.say('compiling')
  const folder = join(repoCache, `compile-${log}-${process.pid}`)
  try {
    mkdirSync(folder, { recursive: true })
    prepare(folder)
    const { code, output: said } = await run(process.execPath, [nodeGyp, 'rebuild', ...headers, ...args], {
      cwd: folder,
      log,
      env: { ...process.env, JOBS: String(availableParallelism()) },
      onTick: (said) => progress.tick(() => compiledFile(said)),
    })
    if (code !== 0) {
      throw new SetupProblem({ what: `${what} did not compile:\n${lastLines(said)}`, log: join(logsDir, `${log}.log`) })
    }
    place(join(folder, output), target)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const fault = await verify()
  if (fault) {
    rmSync(target, { force: true })
    throw new SetupProblem({ what: `${what} was compiled but does not load: ${fault}` })
  }
  place(target, cached)
  return 'compiled'
}

/** What the compiler is at, from the lines of make. */
function compiledFile(said) {
  const file = [...said.matchAll(/^ {2}(?:CC|CXX)\(target\) \S*\/(\S+)\.o$/gm)].at(-1)?.[1]
  return file ? `compiling ${file}` : 'compiling'
}

/** Where the user's cache has an addon of that content for this platform, or would have it. */
export function cachedAddon({ log, content }) {
  const key = keyOf({ content, platform: process.platform, arch: process.arch, libc: libcVersion() })
  return join(userCacheDir(), 'addons', `${log}-${key}.node`)
}

/** Copies beside and renames, so that a process that has the old file loaded keeps it whole. */
function place(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  const beside = `${to}.${process.pid}.tmp`
  copyFileSync(from, beside)
  renameSync(beside, to)
}

/** An addon compiled against a newer C library does not load on an older one: home folders may be shared. */
function libcVersion() {
  if (process.platform !== 'linux') return null
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime ?? 'musl'
}
