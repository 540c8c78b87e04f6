import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FieldValue, Split } from '@shared/schemas/dataset'
import { isRows } from '@shared/modalities'
import type { Queries } from '../db/database'
import type { Snapshot, SnapshotSample } from '../ml/snapshot'
import type { PlanInput } from '../worker/protocol'
import type { ServiceContext } from './context'
import { isLabelled, numberOf } from './number-target'
import {
  jsonPath,
  loadDataset,
  nodePlace,
  samplePath,
  seriesPlace,
  type DatasetRow,
  type SampleRow,
} from './dataset-queries'

const pageSize = 1000

type Header = Omit<Snapshot, 'samples' | 'table'>

/** The classes a run learns (those with a labelled sample), its input fields and the favourable outcome. */
export async function snapshotHeader(
  db: Queries,
  dataset: DatasetRow,
): Promise<{ header: Header; classIds: number[] }> {
  const { classes, fields, positive } = await loadDataset(db, dataset.id)
  const used = classes.filter((entry) => entry.count > 0)
  const names = used.map((entry) => entry.name)
  const index = positive === null ? -1 : names.indexOf(positive)
  const header: Header = {
    modality: dataset.modality,
    datasetId: dataset.id,
    datasetName: dataset.name,
    task: dataset.task,
    target: dataset.target,
    classes: names,
    positive: index < 0 ? null : index,
    fields: fields
      .filter((field) => field.isInput && field.name !== dataset.target)
      .map(({ name, kind, isSensitive }) => ({ name, kind, isSensitive })),
  }
  return { header, classIds: used.map((entry) => entry.id) }
}

/**
 * Writes the data and labels of this moment as `snapshot.json`, in pages, beside and renamed: a line for all but the
 * samples, then a line per sample. Returns its header.
 */
export async function writeSnapshot(
  { db, paths }: Pick<ServiceContext, 'db' | 'paths'>,
  dataset: DatasetRow,
  path: string,
  reweighBy: string | null = null,
): Promise<Header> {
  const { header: plain, classIds } = await snapshotHeader(db, dataset)
  const header: Header = reweighBy === null ? plain : { ...plain, reweighBy }
  const indexOf = new Map(classIds.map((id, index) => [id, index]))
  await mkdir(dirname(path), { recursive: true })
  const partial = `${path}.partial`
  const file = await open(partial, 'w')
  try {
    await file.write(`${JSON.stringify(header).slice(0, -1)},"samples":[`)
    for (let after = 0, isFirst = true; ;) {
      const rows = await db.all<SampleRow>(
        'SELECT * FROM samples WHERE dataset_id = ? AND row > ? ORDER BY row LIMIT ?',
        dataset.id,
        after,
        pageSize,
      )
      if (rows.length === 0) break
      const text = rows.map((row) => JSON.stringify(toSnapshotSample(paths, dataset, row, header, indexOf))).join(',\n')
      await file.write(isFirst ? `\n${text}` : `,\n${text}`)
      isFirst = false
      after = rows.at(-1)!.row
    }
    await file.write('\n]}')
    await file.sync()
  } catch (error) {
    await file.close()
    await rm(partial, { force: true })
    throw error
  }
  await file.close()
  await rename(partial, path)
  return header
}

export const snapshotPath = (folder: string) => join(folder, 'snapshot.json')

function toSnapshotSample(
  paths: { files: string },
  dataset: DatasetRow,
  row: SampleRow,
  { fields, modality, reweighBy, task }: Header,
  indexOf: Map<number, number>,
): SnapshotSample {
  const target = row.class_id === null ? null : (indexOf.get(row.class_id) ?? null)
  const common = { id: row.id, target, split: row.split as Split | null }
  if (isRows(modality)) {
    const values = JSON.parse(row.values ?? '{}') as Record<string, FieldValue>
    if (task === 'regression') common.target = numberOf(values[dataset.target!])
    const group = reweighBy === undefined ? {} : { group: String(values[reweighBy] ?? '(missing)') }
    return { ...common, ...group, values: fields.map((field) => values[field.name] ?? null) }
  }
  if (modality === 'graph') return { ...common, node: nodePlace(paths, row) }
  if (row.pack !== null) return { ...common, series: seriesPlace(paths, row) }
  return {
    ...common,
    path: samplePath(dataset, row),
    hash: row.hash ?? undefined,
    width: row.width ?? undefined,
    height: row.height ?? undefined,
    channels: row.channels ?? undefined,
  }
}

/** What a plan needs to know of the data: counts and sizes, no samples. */
export async function planInput(db: Queries, dataset: DatasetRow): Promise<PlanInput> {
  const { header, classIds } = await snapshotHeader(db, dataset)
  const counts = await db.all<{ split: Split; class_id: number; n: number }>(
    `SELECT split, class_id, count(*) AS n FROM samples
     WHERE dataset_id = ? AND split IS NOT NULL AND class_id IS NOT NULL GROUP BY split, class_id`,
    dataset.id,
  )
  const total = await db.get<{ n: number }>('SELECT count(*) AS n FROM samples WHERE dataset_id = ?', dataset.id)
  const inSplit = (split: Split) => counts.filter((row) => row.split === split).reduce((sum, row) => sum + row.n, 0)
  const labelled = { train: inSplit('train'), validation: inSplit('validation'), test: inSplit('test') }
  const picture = await db.get<{ width: number; height: number; channels: number }>(
    `SELECT width, height, max(channels) AS channels FROM samples WHERE dataset_id = ? AND height IS NOT NULL
     GROUP BY width, height ORDER BY count(*) DESC LIMIT 1`,
    dataset.id,
  )
  const series = await db.get<{ steps: number | null; channels: number }>(
    "SELECT max(width) AS steps, max(channels) AS channels FROM samples WHERE dataset_id = ? AND pack IS NOT NULL AND split = 'train' AND class_id IS NOT NULL",
    dataset.id,
  )
  const audio = await clipFacts(db, dataset)
  return {
    ...header,
    sampleCount: total?.n ?? 0,
    splits: dataset.task === 'regression' ? await numbersBySplit(db, dataset) : labelled,
    trainPerClass: classIds.map((id) => counts.find((row) => row.split === 'train' && row.class_id === id)?.n ?? 0),
    picture: picture ?? null,
    audio,
    graph: await graphSizes(db, dataset),
    series: series?.steps ? { steps: series.steps, channels: series.channels } : null,
    texts: dataset.modality === 'text' ? await textSizes(db, dataset.id, header) : null,
    distinct: await distinctValues(db, dataset.id, header),
  }
}

/** Samples with a number to predict, by split. */
async function numbersBySplit(db: Queries, dataset: DatasetRow): Promise<PlanInput['splits']> {
  const { sql, params } = isLabelled(dataset)
  const rows = await db.all<{ split: Split; n: number }>(
    `SELECT split, count(*) AS n FROM samples WHERE dataset_id = ? AND split IS NOT NULL AND ${sql} GROUP BY split`,
    dataset.id,
    ...params,
  )
  const splits = { train: 0, validation: 0, test: 0 }
  for (const { split, n } of rows) splits[split] = n
  return splits
}

/** The most frequent rate of the training clips, and the length that 95 % of them fit into. */
async function clipFacts(db: Queries, { id, modality }: DatasetRow): Promise<PlanInput['audio']> {
  if (modality !== 'audio') return null
  const trained = "FROM samples WHERE dataset_id = ? AND split = 'train' AND class_id IS NOT NULL"
  const rate = await db.get<{ rate: number }>(
    `SELECT height AS rate ${trained} GROUP BY height ORDER BY count(*) DESC, height DESC LIMIT 1`,
    id,
  )
  const seconds = await db.get<{ seconds: number }>(
    `SELECT 1.0 * width / height AS seconds ${trained} ORDER BY seconds
     LIMIT 1 OFFSET (SELECT CAST(0.95 * (count(*) - 1) AS INTEGER) ${trained})`,
    id,
    id,
  )
  return rate && seconds ? { sampleRate: rate.rate, seconds: seconds.seconds } : null
}

/** Sizes of a graph, as its nodes know them. */
async function graphSizes(db: Queries, { id, modality }: DatasetRow): Promise<PlanInput['graph']> {
  if (modality !== 'graph') return null
  const found = await db.get<{ nodes: number; ends: number | null; features: number | null; entries: number | null }>(
    'SELECT count(*) AS nodes, sum(width) AS ends, max(channels) AS features, sum(height) AS entries FROM samples WHERE dataset_id = ?',
    id,
  )
  const { nodes, ends, features, entries } = found!
  return { nodes, edges: (ends ?? 0) / 2, features: features ?? 0, entries: entries ?? 0 }
}

async function distinctValues(db: Queries, datasetId: string, { fields }: Header): Promise<Record<string, number>> {
  const distinct: Record<string, number> = {}
  for (const { name, kind } of fields) {
    if (kind !== 'category' && kind !== 'boolean') continue
    const row = await db.get<{ n: number }>(
      `SELECT count(DISTINCT json_extract("values", ?)) AS n FROM samples WHERE dataset_id = ?`,
      `$.${JSON.stringify(name)}`,
      datasetId,
    )
    distinct[name] = row?.n ?? 0
  }
  return distinct
}

/** Words of the longest labelled training text and of all of them, counted by their blanks. */
async function textSizes(
  db: Queries,
  datasetId: string,
  { fields }: Header,
): Promise<{ longest: number; words: number }> {
  const words = fields.map(
    () => `length(coalesce("values" ->> ?, '')) - length(replace(coalesce("values" ->> ?, ''), ' ', '')) + 1`,
  )
  const row = await db.get<{ longest: number | null; words: number | null }>(
    `SELECT max(n) AS longest, sum(n) AS words FROM (
       SELECT ${words.join(' + ') || '0'} AS n FROM samples
       WHERE dataset_id = ? AND split = 'train' AND class_id IS NOT NULL)`,
    ...fields.flatMap(({ name }) => [jsonPath(name), jsonPath(name)]),
    datasetId,
  )
  return { longest: row?.longest ?? 1, words: row?.words ?? 0 }
}
