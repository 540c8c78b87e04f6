import { readdir, rm, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { ServiceContext } from './context'
import type { DatasetRow } from './dataset-queries'
import { runFolder } from './run-queries'
import { removeFolder } from './run-queue'
import { thumbnailFolder } from './sample-files'

/**
 * Deletes a dataset with its runs, thumbnails and what the workspace unpacked for it, and gives the database's pages
 * back to the disk. Originals elsewhere are never touched. Returns the bytes that were freed.
 */
export async function deleteDataset(context: ServiceContext, dataset: DatasetRow): Promise<{ freedBytes: number }> {
  const { db, paths, emit, log } = context
  const runs = await db.all<{ id: string; name: string; status: string }>(
    'SELECT id, name, status FROM runs WHERE dataset_id = ?',
    dataset.id,
  )
  const busy = runs.find(({ status }) => status === 'running' || status === 'queued')
  if (busy)
    throw new WorkbenchError('conflict', `Run "${busy.name}" still uses "${dataset.name}". Stop it first, then delete.`)
  const hashes = await ownHashes(db, dataset.id)
  const unpacked = await unpackedFolder(context, dataset)
  const packs = await ownPacks(db, dataset.id)
  const before = await databaseBytes(paths.database)
  await db.transaction(async (tx) => {
    await tx.run('DELETE FROM samples WHERE dataset_id = ?', dataset.id)
    await tx.run('DELETE FROM datasets WHERE id = ?', dataset.id)
  })
  for (const { id } of runs) emit('runs.deleted', { runId: id })
  emit('datasets.deleted', { datasetId: dataset.id })
  await db.exec('VACUUM').catch((error) => log('warn', 'datasets', `The database was not compacted: ${error.message}`))
  await db.exec('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {}) // somebody reads: the next checkpoint does it
  let freedBytes = Math.max(0, before - (await databaseBytes(paths.database)))
  for (const { id } of runs) freedBytes += await removeFolder(runFolder(paths, id))
  for (const pack of packs) freedBytes += await removeFile(join(paths.files, pack))
  if (unpacked) freedBytes += await removeFolder(unpacked)
  return { freedBytes: freedBytes + (await removeThumbnails(paths.cache, hashes)) }
}

/** Content that no other dataset has: only its thumbnails go. */
async function ownHashes(db: ServiceContext['db'], datasetId: string): Promise<string[]> {
  const row = await db.get<{ hashes: string }>(
    `SELECT json_group_array(hash) AS hashes FROM (
       SELECT hash FROM samples WHERE dataset_id = ? AND hash IS NOT NULL
       EXCEPT SELECT hash FROM samples WHERE dataset_id <> ?)`,
    datasetId,
    datasetId,
  )
  return JSON.parse(row!.hashes) as string[]
}

const ownPacks = async (db: ServiceContext['db'], datasetId: string) =>
  (
    await db.all<{ pack: string }>(
      'SELECT DISTINCT pack FROM samples WHERE dataset_id = ? AND pack IS NOT NULL',
      datasetId,
    )
  ).map(({ pack }) => pack)

async function removeFile(path: string): Promise<number> {
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  await rm(path, { force: true })
  return size
}

async function removeThumbnails(cache: string, hashes: string[]): Promise<number> {
  const doomed = new Set(hashes)
  let bytes = 0
  for (const folder of new Set(hashes.map((hash) => thumbnailFolder(cache, hash)))) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (!doomed.has(name.split('-')[0]!)) continue
      const path = join(folder, name)
      bytes += await removeFile(path)
    }
  }
  return bytes
}

/** The folder in the workspace's files that only this dataset refers to, or null when its files lie elsewhere. */
async function unpackedFolder({ db, paths }: ServiceContext, dataset: DatasetRow): Promise<string | null> {
  const [kind, name] = relative(paths.files, dataset.source_path).split(sep)
  if (!kind || kind === '..' || !name) return null
  const folder = join(paths.files, kind, name)
  const others = await db.all<{ source_path: string }>('SELECT source_path FROM datasets WHERE id <> ?', dataset.id)
  return others.some(({ source_path }) => source_path === folder || source_path.startsWith(folder + sep))
    ? null
    : folder
}

async function databaseBytes(path: string): Promise<number> {
  const sizes = await Promise.all([path, `${path}-wal`].map((file) => stat(file).catch(() => ({ size: 0 }))))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}
