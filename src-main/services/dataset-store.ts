import { randomUUID } from 'node:crypto'
import type { FieldKind, Split, Task } from '@shared/schemas/dataset'
import { isRows } from '@shared/modalities'
import type { Db, Queries } from '../db/database'
import { relativePath } from './dataset-queries'
import { FieldCounter } from './field-stats'
import type { Incoming } from './incoming'
import { takeIds } from './next-ids'

/** Rows per statement: few enough that making their text takes main a millisecond or two. */
const batchRows = 500
const batchCells = 10_000

export interface NewDataset {
  name: string
  target: string | null
  task: Task
  positive: string | null
  sensitive: string[]
  incoming: Incoming
  /** Class names in their order. */
  classes: string[]
  /** One per sample. */
  labels: (string | null)[]
  splits: (Split | null)[]
}

/**
 * Runs a large write. The log is emptied first: should the disk fill up, the log then holds nothing but what failed and
 * can be cut off at once, so that the write's remains do not keep the disk full.
 */
export async function writeMuch<T>(db: Db, work: (tx: Queries) => Promise<T>): Promise<T> {
  await db.exec('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {}) // somebody reads: then without
  return db.transaction(work)
}

/** Writes a whole dataset; returns its id. Call it within a transaction. */
export async function storeDataset(tx: Queries, dataset: NewDataset): Promise<string> {
  const { incoming } = dataset
  const id = randomUUID().slice(0, 8)
  await tx.run(
    `INSERT INTO datasets (id, name, modality, source_path, target, task, positive, skipped, created_at, size_bytes, notes, sources)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    dataset.name,
    incoming.modality,
    incoming.sourcePath,
    dataset.target,
    dataset.task,
    dataset.positive,
    JSON.stringify(shortened(incoming.skipped)),
    Date.now(),
    sizeOf(incoming),
    JSON.stringify(incoming.notes),
    JSON.stringify(incoming.source ? [incoming.source] : []),
  )
  const classIds = await storeClasses(tx, id, dataset.classes, 0)
  const counters = await storeSamples(tx, id, dataset, classIds, 1)
  await storeFields(tx, id, dataset, counters)
  return id
}

export const sizeOf = ({ pictures, source, sizeBytes: packed }: Incoming) =>
  pictures.reduce((sum, { sizeBytes }) => sum + sizeBytes, packed + (source?.sizeBytes ?? 0))

const keptSkips = 200

/** The first of what was left out, with a last line that says how many more there were. */
export function shortened(skipped: Incoming['skipped']): Incoming['skipped'] {
  if (skipped.length <= keptSkips) return skipped
  const more = skipped.length - keptSkips
  return [...skipped.slice(0, keptSkips), { path: `… and ${more} more`, reason: 'Left out for reasons like these.' }]
}

/** Adds classes at the end of the order; returns ids by name. */
export async function storeClasses(
  tx: Queries,
  datasetId: string,
  names: string[],
  firstPosition: number,
): Promise<Map<string, number>> {
  const firstId = await takeIds(tx, 'class', names.length)
  const ids = new Map(names.map((name, i) => [name, firstId + i]))
  for (const [i, name] of names.entries())
    await tx.run(
      'INSERT INTO classes (id, dataset_id, name, position) VALUES (?, ?, ?, ?)',
      firstId + i,
      datasetId,
      name,
      firstPosition + i,
    )
  return ids
}

/** Adds samples from row `firstRow` on, in batches; counts the values of a table's fields on the way. */
export async function storeSamples(
  tx: Queries,
  datasetId: string,
  { incoming, labels, splits }: Pick<NewDataset, 'incoming' | 'labels' | 'splits'>,
  classIds: ReadonlyMap<string, number>,
  firstRow: number,
): Promise<Map<string, FieldCounter>> {
  const count = labels.length
  const firstId = await takeIds(tx, 'sample', count)
  const counters = new Map(incoming.fields.map(({ name, kind }) => [name, new FieldCounter(kind)]))
  const size = Math.max(1, Math.min(batchRows, Math.floor(batchCells / Math.max(1, incoming.fields.length))))
  for (let at = 0; at < count; at += size) {
    const batch: unknown[] = []
    for (let i = at; i < Math.min(at + size, count); i++) {
      const label = labels[i]!
      const place = [firstId + i, firstRow + i, label === null ? null : classIds.get(label)!, splits[i]!]
      batch.push([...place, ...contentOf(incoming, i)])
      if (isRows(incoming.modality))
        for (const [name, counter] of counters) counter.add(incoming.rows[i]![name] ?? null)
    }
    await insertSamples(tx, datasetId, JSON.stringify(batch))
  }
  return counters
}

function contentOf({ modality, pictures, rows, series, pack, sourcePath }: Incoming, i: number): unknown[] {
  if (isRows(modality)) return [null, null, null, null, null, null, null, JSON.stringify(rows[i]), null, null]
  if (pack !== null) {
    const { name, hash, steps, channels, offset, entries = null } = series[i]!
    return [name, hash, null, null, steps, entries, channels, null, pack, offset]
  }
  const { path, hash, sizeBytes, modifiedAt, width, height, channels } = pictures[i]!
  return [relativePath(sourcePath, path), hash, sizeBytes, modifiedAt, width, height, channels, null, null, null]
}

const insertSamples = (tx: Queries, datasetId: string, batch: string) =>
  tx.run(
    `INSERT INTO samples (dataset_id, id, row, class_id, split, path, hash, size_bytes, modified_at, width, height, channels, "values", pack, pack_offset)
     SELECT ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
            value ->> 8, value ->> 9, value ->> 10, value ->> 11,
            value ->> 12, value ->> 13
     FROM json_each(?)`,
    datasetId,
    batch,
  )

async function storeFields(
  tx: Queries,
  datasetId: string,
  { incoming, target, sensitive }: NewDataset,
  counters: ReadonlyMap<string, FieldCounter>,
): Promise<void> {
  for (const [position, { name, kind }] of incoming.fields.entries())
    await tx.run(
      `INSERT INTO fields (dataset_id, name, position, kind, is_input, is_sensitive, stats) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      datasetId,
      name,
      position,
      kind,
      incoming.text === null ? isInputByDefault(kind) && name !== target : name === incoming.text,
      sensitive.includes(name),
      JSON.stringify(counters.get(name)!.result()),
    )
}

/** Ids and free text say nothing a small network can use; they would be learnt by heart. */
export const isInputByDefault = (kind: FieldKind) => kind !== 'id' && kind !== 'text'
