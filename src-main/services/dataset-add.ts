import { basename } from 'node:path'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import { tableFormatNames } from '@shared/file-kinds'
import type { Derivation, FieldKind, Skipped, Split } from '@shared/schemas/dataset'
import { isRows, modalityFacts } from '@shared/modalities'
import type { Queries } from '../db/database'
import type { ServiceContext } from './context'
import { automaticSplits, fixedSplits, labelsOf } from './dataset-import'
import { fieldRows, type FieldRow } from './dataset-fields'
import { loadClasses, relativePath, type DatasetRow } from './dataset-queries'
import { shortened, sizeOf, storeClasses, storeSamples, writeMuch } from './dataset-store'
import { deriveValue } from './derive'
import { recountFields } from './derived-fields'
import { touch } from './edits'
import { discardPack, isTablePath, readPack, readPictures, readTable, type Incoming } from './incoming'
import { readTexts } from './incoming-texts'
import { numberOf } from './number-target'
import { assignSplits } from './splits'
import { checkTarget, orderClasses } from './table-target'
import type { Progress } from './tasks'

/**
 * Adds pictures, or rows of a table with the same columns, to a dataset. New samples without a fixed split are drawn
 * into the splits in the shares that these have now. What was undone before can no longer be done again.
 */
export async function addToDataset(
  context: Pick<ServiceContext, 'db' | 'jobs' | 'paths' | 'tasks'>,
  dataset: DatasetRow,
  { paths, taskId }: { paths: string[]; taskId?: string },
  signal: AbortSignal,
): Promise<void> {
  const task = {
    taskId,
    title: `Adding ${basename(paths[0]!)}`,
    unit: modalityFacts[dataset.modality].many,
  }
  await context.tasks.run(task, signal, async (inner, progress) => {
    const incoming = await more[modalityFacts[dataset.modality].storage](context, dataset, paths, inner, progress)
    try {
      throwIfAborted(inner)
      await writeMuch(context.db, (tx) => append(tx, dataset, incoming))
    } catch (error) {
      await discardPack(context, incoming)
      throw error
    }
  })
}

type Context = Pick<ServiceContext, 'db' | 'jobs' | 'paths'>

async function morePictures(
  context: Context,
  dataset: DatasetRow,
  paths: string[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Incoming> {
  if (isTablePath(paths))
    throw new WorkbenchError(
      'incompatible',
      `"${dataset.name}" holds ${modalityFacts[dataset.modality].many}; a table cannot be added to it.`,
    )
  const read = await readPictures(context, dataset.modality === 'audio' ? 'audio' : 'image', paths, signal, progress)
  const known = await context.db.get<{ paths: string }>(
    'SELECT json_group_array(path) AS paths FROM samples WHERE dataset_id = ?',
    dataset.id,
  )
  const have = new Set(JSON.parse(known!.paths) as string[])
  const skipped: Skipped[] = [...read.skipped]
  const pictures = read.pictures.filter(({ path }) => {
    const name = relativePath(dataset.source_path, path)
    if (have.has(name)) skipped.push({ path: name, reason: 'It is in this dataset already.' })
    return !have.has(name)
  })
  if (pictures.length === 0) throw nothingNew(skipped)
  return { ...read, sourcePath: dataset.source_path, pictures, skipped }
}

const nothingNew = (skipped: Skipped[]) =>
  new WorkbenchError(
    'invalid_input',
    `Nothing to add: all ${skipped.length} files are in this dataset already or could not be read (${skipped[0]?.path}: ${skipped[0]?.reason})`,
    { skipped: skipped.slice(0, 200) },
  )

/** Series with as many channels as the dataset's; names are their files', so the same file can be added again. */
async function moreSeries(
  context: Context,
  dataset: DatasetRow,
  paths: string[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Incoming> {
  if (dataset.modality === 'graph')
    throw new WorkbenchError(
      'incompatible',
      `"${dataset.name}" is one graph, whose nodes belong together; nothing can be added to it. Import the larger graph as a new dataset.`,
    )
  const incoming = await readPack(context, 'series', paths, signal, progress)
  const known = await context.db.get<{ channels: number }>(
    'SELECT channels FROM samples WHERE dataset_id = ? LIMIT 1',
    dataset.id,
  )
  const got = incoming.series[0]?.channels
  if (got !== undefined && got === (known?.channels ?? got)) return incoming
  await discardPack(context, incoming)
  if (got === undefined) throw nothingNew(incoming.skipped)
  throw new WorkbenchError(
    'incompatible',
    `The series of "${dataset.name}" have ${known!.channels} channels, those of the files ${got}. Expected the same.`,
  )
}

/** How a dataset of each storage takes more. */
const more = { rows: moreRows, files: morePictures, packed: moreSeries }

async function moreRows(
  context: Context,
  dataset: DatasetRow,
  paths: string[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Incoming> {
  if (dataset.modality === 'table' && !isTablePath(paths))
    throw new WorkbenchError(
      'incompatible',
      `"${dataset.name}" is a table; add one file (${tableFormatNames}) at a time.`,
    )
  const fields = await fieldRows(context.db, dataset.id)
  const original = fields.filter(({ derivation }) => derivation === null)
  const kinds = Object.fromEntries(original.map(({ name, kind }) => [name, kind]))
  const incoming = await readMoreRows(context, dataset, paths, kinds, signal, progress)
  refuseOtherColumns(
    dataset,
    original,
    incoming.fields.map(({ name }) => name),
  )
  for (const { name, derivation } of fields) {
    if (derivation === null) continue
    const parsed = JSON.parse(derivation) as Derivation
    for (const row of incoming.rows) row[name] = deriveValue(parsed, row[parsed.from])
  }
  return incoming
}

/** A table, or texts; of texts the labels may be still to come. */
async function readMoreRows(
  context: Context,
  dataset: DatasetRow,
  paths: string[],
  kinds: Record<string, FieldKind>,
  signal: AbortSignal,
  progress: Progress,
): Promise<Incoming> {
  if (dataset.modality !== 'text') return readTable(context, paths[0]!, kinds, signal, progress)
  const read = await readTexts(context, { paths, kinds, target: dataset.target ?? undefined }, signal, progress)
  const { target } = dataset
  if (target === null || read.fields.some(({ name }) => name === target)) return read
  for (const row of read.rows) row[target] = null
  return { ...read, fields: [...read.fields, { name: target, kind: kinds[target] ?? 'category' }] }
}

function refuseOtherColumns({ name }: DatasetRow, expected: FieldRow[], got: string[]): void {
  const lacking = expected.map((field) => field.name).filter((column) => !got.includes(column))
  const unknown = got.filter((column) => !expected.some((field) => field.name === column))
  if (lacking.length + unknown.length === 0) return
  const parts = [
    lacking.length > 0 ? `it lacks ${lacking.join(', ')}` : '',
    unknown.length > 0 ? `it has ${unknown.join(', ')}, which "${name}" does not have` : '',
  ].filter(Boolean)
  throw new WorkbenchError('incompatible', `The file's columns are not those of "${name}": ${parts.join('; ')}.`)
}

async function append(tx: Queries, dataset: DatasetRow, incoming: Incoming): Promise<void> {
  const classes = await loadClasses(tx, dataset.id)
  const isNumber = dataset.task === 'regression'
  const labels = isNumber ? incoming.rows.map(() => null) : labelsOf(incoming, dataset.target)
  const names = classes.map(({ name }) => name)
  const fresh = orderClasses(labels.filter((label) => label !== null)).filter((name) => !names.includes(name))
  const target = (await fieldRows(tx, dataset.id)).find(({ name }) => name === dataset.target)
  if (target && names.length + fresh.length > 0)
    checkTarget(dataset, target.name, target.kind, names.length + fresh.length)
  const added = await storeClasses(tx, dataset.id, fresh, Math.max(-1, ...(await positions(tx, dataset.id))) + 1)
  const ids = new Map([...classes.map(({ id, name }) => [name, id] as const), ...added])
  const last = await tx.get<{ row: number | null }>(
    'SELECT max(row) AS row FROM samples WHERE dataset_id = ?',
    dataset.id,
  )
  const splits = await splitsOfNew(tx, dataset, incoming, labels)
  await storeSamples(tx, dataset.id, { incoming, labels, splits }, ids, (last!.row ?? 0) + 1)
  await recordSource(tx, dataset, incoming)
  if (isRows(dataset.modality)) await recountFields(tx, dataset.id)
  await tx.run('DELETE FROM edits WHERE dataset_id = ? AND is_undone = 1', dataset.id)
  await touch(tx, dataset.id)
}

const positions = async (tx: Queries, datasetId: string) =>
  (await tx.all<{ position: number }>('SELECT position FROM classes WHERE dataset_id = ?', datasetId)).map(
    ({ position }) => position,
  )

async function splitsOfNew(
  tx: Queries,
  dataset: DatasetRow,
  incoming: Incoming,
  labels: (string | null)[],
): Promise<(Split | null)[]> {
  const fixed = fixedSplits(incoming)
  if (fixed.some((split) => split !== null)) return fixed
  const counted = await tx.all<{ split: Split; n: number }>(
    'SELECT split, count(*) AS n FROM samples WHERE dataset_id = ? AND split IS NOT NULL GROUP BY split',
    dataset.id,
  )
  const total = counted.reduce((sum, { n }) => sum + n, 0)
  if (total === 0)
    return automaticSplits(
      dataset.task === 'regression'
        ? incoming.rows.map((row) => (numberOf(row[dataset.target!]) === null ? null : 'number'))
        : labels,
    )
  const fractions = { train: 0, validation: 0, test: 0 }
  for (const { split, n } of counted) fractions[split] = n / total
  return assignSplits({ classes: labels, fractions, stratify: true, seed: 1 })
}

async function recordSource(tx: Queries, dataset: DatasetRow, incoming: Incoming): Promise<void> {
  const skipped = [...(JSON.parse(dataset.skipped) as Skipped[]), ...incoming.skipped]
  const notes = [...(JSON.parse(dataset.notes) as string[]), ...incoming.notes]
  const sources = [...(JSON.parse(dataset.sources) as unknown[]), ...(incoming.source ? [incoming.source] : [])]
  await tx.run(
    'UPDATE datasets SET skipped = ?, notes = ?, sources = ?, size_bytes = size_bytes + ? WHERE id = ?',
    JSON.stringify(shortened(skipped)),
    JSON.stringify([...new Set(notes)]),
    JSON.stringify(sources),
    sizeOf(incoming),
    dataset.id,
  )
}
