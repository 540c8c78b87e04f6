import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join, relative, resolve, sep } from 'node:path'
import { z } from 'zod'
import { WorkbenchError } from '@shared/errors'
import type { Db } from '../db/database'
import type { WorkspacePaths } from './context'
import type { Progress } from './tasks'
import { extractTar, TarWriter } from './tar'

const Manifest = z.object({
  format: z.literal(1),
  program: z.literal('pellucid'),
  schemaVersion: z.number().int(),
  root: z.string(),
  at: z.number(),
})
type Manifest = z.infer<typeof Manifest>

const manifestName = 'pellucid-backup.json'

/** What a restore exchanges, by its place in the workspace. */
const parts = (paths: WorkspacePaths) => [paths.database, paths.runs, paths.files]

/**
 * Writes database, runs and the workspace's own files as one tar, beside and renamed: a backup that is there is whole.
 * Pictures and tables that were imported in place stay where they are; they are named, not copied.
 */
export async function writeBackup(
  context: { db: Db; paths: WorkspacePaths },
  schemaVersion: number,
  path: string,
  signal: AbortSignal,
  progress: Progress,
): Promise<string> {
  const { db, paths } = context
  const target = path.endsWith('.tar') ? resolve(path) : resolve(`${path}.tar`)
  if (target.startsWith(paths.root + sep))
    throw new WorkbenchError('invalid_input', 'Choose a place outside of the workspace for its backup.')
  const partial = `${target}.partial`
  const copy = join(paths.cache, `backup-${process.pid}.sqlite`)
  await mkdir(paths.cache, { recursive: true })
  await rm(copy, { force: true })
  const tar = await TarWriter.create(partial)
  try {
    await db.backupTo(copy)
    const manifest: Manifest = { format: 1, program: 'pellucid', schemaVersion, root: paths.root, at: Date.now() }
    const files = [{ name: basename(paths.database), path: copy }, ...(await listFiles(paths))]
    await tar.addText(manifestName, JSON.stringify(manifest))
    for (const [index, file] of files.entries()) {
      signal.throwIfAborted()
      await tar.addFile(file.name, file.path, (await stat(file.path)).size, signal)
      progress(index + 1, files.length)
    }
    await tar.close()
    await rename(partial, target)
    return target
  } catch (error) {
    await tar.abandon()
    await rm(partial, { force: true })
    throw error
  } finally {
    await rm(copy, { force: true })
  }
}

async function listFiles({ root, runs, files }: WorkspacePaths): Promise<{ name: string; path: string }[]> {
  const found: { name: string; path: string }[] = []
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) await walk(path)
      else if (entry.isFile()) found.push({ name: relative(root, path).split(sep).join('/'), path })
    }
  }
  await walk(runs)
  await walk(files)
  return found
}

/** A backup that was unpacked and checked, and waits beside the workspace's own files. */
export interface Incoming {
  manifest: Manifest
  folder: string
}

const incomingFolder = (paths: WorkspacePaths) => join(paths.root, 'restore-incoming')
const asideFolder = (paths: WorkspacePaths) => join(paths.root, 'restore-aside')

/** Unpacks a backup and looks whether it is one, whole, and not from a newer program. Touches nothing else. */
export async function unpackBackup(
  paths: WorkspacePaths,
  archive: string,
  newestSchema: number,
  openReadOnly: (path: string) => Promise<Db>,
  signal: AbortSignal,
  progress: Progress,
): Promise<Incoming> {
  const info = await stat(archive).catch(() => null)
  if (!info?.isFile()) throw new WorkbenchError('not_found', `There is no backup "${archive}".`)
  const folder = incomingFolder(paths)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  try {
    await extractTar(archive, folder, signal, (done) => progress(done, info.size))
    const manifest = await readManifest(folder, archive)
    if (manifest.schemaVersion > newestSchema) {
      throw new WorkbenchError(
        'incompatible',
        `This backup was written by a newer Pellucid (schema ${manifest.schemaVersion}; this one knows ${newestSchema}). Update Pellucid.`,
      )
    }
    await checkDatabase(join(folder, basename(paths.database)), openReadOnly)
    return { manifest, folder }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function readManifest(folder: string, archive: string): Promise<Manifest> {
  try {
    return Manifest.parse(JSON.parse(await readFile(join(folder, manifestName), 'utf8')))
  } catch {
    throw new WorkbenchError('invalid_input', `"${archive}" is no backup of a Pellucid workspace. Nothing was changed.`)
  }
}

async function checkDatabase(path: string, openReadOnly: (path: string) => Promise<Db>): Promise<void> {
  const db = await openReadOnly(path)
  try {
    const result = await db.get<{ quick_check: string }>('PRAGMA quick_check(1)')
    if (result?.quick_check === 'ok') return
    throw new WorkbenchError('invalid_input', 'The database in this backup is damaged. Nothing was changed.')
  } finally {
    await db.close()
  }
}

/** Moves the workspace's files aside and the backup's into their place. The database must be closed. */
export async function swapIn(paths: WorkspacePaths, { folder }: Incoming): Promise<void> {
  const aside = asideFolder(paths)
  await mkdir(aside)
  await dropSidecars(paths)
  for (const part of parts(paths)) await moveIfThere(part, join(aside, basename(part)))
  for (const part of parts(paths)) await moveIfThere(join(folder, basename(part)), part)
}

/** Puts back what `swapIn` moved aside; also at start-up, after a crash in the middle. */
export async function undoSwap(paths: WorkspacePaths): Promise<void> {
  const aside = asideFolder(paths)
  const kept = await readdir(aside).catch(() => null)
  if (kept) {
    await dropSidecars(paths)
    for (const part of parts(paths)) {
      if (!kept.includes(basename(part))) continue
      await rm(part, { recursive: true, force: true })
      await moveIfThere(join(aside, basename(part)), part)
    }
    await rm(aside, { recursive: true, force: true })
  }
  await rm(incomingFolder(paths), { recursive: true, force: true })
}

/** The restored workspace is open and fine: the old files go, and with them what `undoSwap` would put back. */
export async function commitSwap(paths: WorkspacePaths): Promise<void> {
  const gone = `${asideFolder(paths)}.gone`
  await rename(asideFolder(paths), gone)
  await rm(gone, { recursive: true, force: true })
  await rm(incomingFolder(paths), { recursive: true, force: true })
}

/** Files that lay inside the workspace are named by absolute path; in another folder they have another one. */
export async function moveInnerPaths(db: Db, oldRoot: string, newRoot: string): Promise<void> {
  if (oldRoot === newRoot) return
  await db.run(
    'UPDATE datasets SET source_path = ? || substr(source_path, ?) WHERE substr(source_path, 1, ?) = ?',
    newRoot,
    oldRoot.length + 1,
    oldRoot.length + 1,
    oldRoot + sep,
  )
  const inJson = (root: string) => JSON.stringify(root + sep).slice(0, -1)
  await db.run('UPDATE datasets SET sources = replace(sources, ?, ?)', inJson(oldRoot), inJson(newRoot))
}

const moveIfThere = (from: string, to: string) =>
  rename(from, to).catch((error: { code?: string }) => {
    if (error.code !== 'ENOENT') throw error
  })

/** WAL and shared memory belong to one database file; a clean close empties them. */
async function dropSidecars({ database }: WorkspacePaths): Promise<void> {
  for (const suffix of ['-wal', '-shm']) await rm(database + suffix, { force: true })
}
