import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'

/** A short content key of any JSON value. */
export function keyOf(value) {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 20)
}

/**
 * A content key of files and whole folders below `base`: names and bytes, never dates. Missing paths count as empty,
 * and so does node_modules, where build tools keep what they generate.
 */
export function keyOfFiles(base, paths, isIgnored = () => false) {
  const hash = createHash('sha256')
  for (const file of paths.flatMap((path) => listFiles(join(base, path))).sort()) {
    const name = relative(base, file).split(sep).join('/')
    if (isIgnored(name)) continue
    const bytes = readFileSync(file)
    hash.update(`${name}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex').slice(0, 20)
}

function listFiles(path) {
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const child = join(path, entry.name)
    if (entry.name === 'node_modules') return []
    return entry.isDirectory() ? listFiles(child) : entry.isFile() ? [child] : []
  })
}

/** Write beside and rename: a reader sees the old file or the new one, never a half. */
export function writeAtomically(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  const beside = `${file}.${process.pid}.tmp`
  writeFileSync(beside, text)
  renameSync(beside, file)
}

export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

export function writeJson(file, value) {
  writeAtomically(file, `${JSON.stringify(value, null, 2)}\n`)
}

/**
 * Makes the folder `target` by calling `fill(stage)` on a folder beside it and renaming that, so that a set-up killed
 * in the middle leaves no half folder under the real name. What earlier killed set-ups left beside it is swept away.
 */
export async function makeFolder(target, fill) {
  if (existsSync(target)) return target
  sweepStages(target)
  const stage = `${target}.stage-${process.pid}`
  mkdirSync(stage, { recursive: true })
  try {
    await fill(stage)
    // Another set-up may have been faster; its folder is as good as ours.
    if (!existsSync(target)) renameSync(stage, target)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
  return target
}

/** Removes stages whose process is gone. */
export function sweepStages(target) {
  const folder = dirname(target)
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    const pid = stageOwner(name, basename(target))
    if (pid !== null && !isAlive(pid)) removeLeftover(join(folder, name))
  }
}

/** Removes what a killed set-up left. A program that outlived it may still be writing there: that can wait. */
export function removeLeftover(path) {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 })
  } catch {
    // The next set-up sweeps again.
  }
}

/** The process that made a stage of `target`, or null when `name` is something else. */
export function stageOwner(name, target) {
  const prefix = `${target}.stage-`
  const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : NaN
  return Number.isInteger(pid) && pid > 0 ? pid : null
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
