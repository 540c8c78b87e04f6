import { join, relative, resolve, sep } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { ClassInfo, Dataset, Field, FieldValue, Modality, Sample, Split, Task } from '@shared/schemas/dataset'
import { isRows } from '@shared/modalities'
import type { Queries } from '../db/database'
import type { NodePlace, PredictInput, SeriesPlace } from '../worker/protocol'
import { loadFields, type FieldRow } from './dataset-fields'

export type { FieldRow }

export interface DatasetRow {
  id: string
  name: string
  modality: Modality
  /** Folder of the pictures, or the table's file. */
  source_path: string
  target: string | null
  task: Task
  positive: string | null
  skipped: string
  revision: number
  created_at: number
  size_bytes: number
  notes: string
  sources: string
}

export interface SampleRow {
  id: number
  dataset_id: string
  row: number
  path: string | null
  hash: string | null
  size_bytes: number | null
  modified_at: number | null
  width: number | null
  height: number | null
  channels: number | null
  /** A table row as JSON text of an object by field name. */
  values: string | null
  /** A series or a node: the pack below the workspace's files, and where in it the values begin. */
  pack: string | null
  pack_offset: number | null
  class_id: number | null
  split: Split | null
  state: Sample['state']
}

export interface ClassRow {
  id: number
  name: string
  position: number
}

/** A dataset by its id or its unique name; `not_found` lists the names there are. */
export async function resolveDataset(db: Queries, ref: string): Promise<DatasetRow> {
  const row = await db.get<DatasetRow>(
    'SELECT * FROM datasets WHERE id = ? OR name = ? ORDER BY id = ? DESC LIMIT 1',
    ref,
    ref,
    ref,
  )
  if (row) return row
  const names = await db.all<{ name: string }>('SELECT name FROM datasets ORDER BY created_at DESC LIMIT 20')
  const known = names.length > 0 ? `There are: ${names.map(({ name }) => name).join(', ')}.` : 'There are none yet.'
  throw new WorkbenchError('not_found', `No dataset "${ref}". ${known}`)
}

/** Everything the interface shows of a dataset, without a pass over its samples. */
export async function loadDataset(db: Queries, id: string): Promise<Dataset> {
  const row = await resolveDataset(db, id)
  const classes = await loadClasses(db, row.id)
  const splits = { train: 0, validation: 0, test: 0, none: 0 }
  const counted = await db.all<{ split: Split | null; n: number }>(
    'SELECT split, count(*) AS n FROM samples WHERE dataset_id = ? GROUP BY split',
    row.id,
  )
  for (const { split, n } of counted) splits[split ?? 'none'] = n
  const facts = await db.get<{ missing: number; runs: number }>(
    `SELECT (SELECT count(*) FROM samples WHERE dataset_id = ? AND state <> 'ok') AS missing,
            (SELECT count(*) FROM runs WHERE dataset_id = ?) AS runs`,
    row.id,
    row.id,
  )
  const sampleCount = splits.train + splits.validation + splits.test + splits.none
  const fields = await datasetFields(db, row, classes, sampleCount)
  return {
    datasetId: row.id,
    name: row.name,
    modality: row.modality,
    sampleCount,
    labelledCount: row.task === 'regression' ? sampleCount - missingIn(fields, row.target) : labelledIn(classes),
    classes,
    fields,
    splits,
    target: row.target,
    task: row.task,
    positive: row.positive,
    sourcePath: row.source_path,
    skipped: JSON.parse(row.skipped),
    notes: JSON.parse(row.notes),
    missingOriginals: facts!.missing,
    createdAt: row.created_at,
    sizeBytes: row.size_bytes,
    runCount: facts!.runs,
  }
}

/** Classes in their order, with how many samples carry each; `position` counts from 0 without gaps. */
export async function loadClasses(db: Queries, datasetId: string): Promise<ClassInfo[]> {
  const rows = await db.all<{ id: number; name: string; count: number }>(
    `SELECT id, name, (SELECT count(*) FROM samples WHERE class_id = classes.id) AS count
     FROM classes WHERE dataset_id = ? ORDER BY position, id`,
    datasetId,
  )
  return rows.map((row, position) => ({ ...row, position }))
}

const labelledIn = (classes: ClassInfo[]) => classes.reduce((sum, { count }) => sum + count, 0)
const missingIn = (fields: Field[], target: string | null) => fields.find(({ name }) => name === target)?.missing ?? 0

/** The target's figures follow from the labels, which may have been edited since its statistics were counted. */
async function datasetFields(db: Queries, row: DatasetRow, classes: ClassInfo[], total: number): Promise<Field[]> {
  const fields = await loadFields(db, row.id)
  return fields.map((field) => {
    if (field.name !== row.target || row.task === 'regression') return field
    const labelled = labelledIn(classes)
    const values = classes.slice(0, 50).map(({ name, count }) => ({ value: targetValue(field.kind, name), count }))
    return { ...field, missing: total - labelled, values }
  })
}

/** A class name as the value that its target field holds. */
export function targetValue(kind: Field['kind'], className: string): FieldValue {
  if (kind === 'number') return Number(className)
  if (kind === 'boolean') return className === 'true'
  return className
}

/** A sample by its id, its relative (or absolute) path, or `#ROW`. */
export async function resolveSample(db: Queries, datasetId: string, ref: string): Promise<SampleRow> {
  const row = await findSample(db, datasetId, ref)
  if (row) return row
  throw new WorkbenchError(
    'not_found',
    `No sample "${ref}" in this dataset. Expected a sample's id, its path relative to the dataset's folder, or #ROW (from #1).`,
  )
}

async function findSample(db: Queries, datasetId: string, ref: string): Promise<SampleRow | undefined> {
  const by = (column: string, value: string | number) =>
    db.get<SampleRow>(
      `SELECT * FROM samples WHERE dataset_id = ? AND ${column} = ? ORDER BY row LIMIT 1`,
      datasetId,
      value,
    )
  if (/^#\d{1,15}$/.test(ref)) return by('row', Number(ref.slice(1)))
  const byId = /^\d{1,15}$/.test(ref) ? await by('id', Number(ref)) : undefined
  return byId ?? by('path', ref) ?? undefined
}

/** Where the values of a series lie. */
export function seriesPlace({ files }: { files: string }, row: SampleRow): SeriesPlace {
  if (row.pack === null) throw new WorkbenchError('incompatible', `Sample ${row.id} is no series; this needs one.`)
  return {
    path: join(files, row.pack),
    offset: row.pack_offset ?? 0,
    steps: row.width ?? 0,
    channels: row.channels ?? 1,
  }
}

/** A sample as a model takes it. */
export function predictInput(paths: { files: string }, dataset: DatasetRow, row: SampleRow): PredictInput {
  if (isRows(dataset.modality)) return { values: JSON.parse(row.values ?? '{}') }
  if (dataset.modality === 'graph') return { node: nodePlace(paths, row) }
  return row.pack === null ? { path: samplePath(dataset, row) } : { series: seriesPlace(paths, row) }
}

/** Where a node lies. */
export function nodePlace({ files }: { files: string }, row: SampleRow): NodePlace {
  if (row.pack === null) throw new WorkbenchError('incompatible', `Sample ${row.id} is no node; this needs one.`)
  return { path: join(files, row.pack), index: row.pack_offset ?? 0 }
}

/** Absolute path of a picture; table rows have none. */
export function samplePath(dataset: Pick<DatasetRow, 'source_path'>, sample: Pick<SampleRow, 'path'>): string {
  if (sample.path === null)
    throw new WorkbenchError('incompatible', 'A row of a table has no file of its own; this needs a picture.')
  return resolve(dataset.source_path, sample.path)
}

/** How a file is named in the dataset: relative to its source, with `/` on every system. */
export const relativePath = (sourcePath: string, absolute: string) =>
  relative(sourcePath, absolute).split(sep).join('/')

export function toSample(row: SampleRow & { class_name: string | null }): Sample {
  return {
    sampleId: row.id,
    row: row.row,
    path: row.path,
    classId: row.class_id,
    className: row.class_name,
    split: row.split,
    width: row.width,
    height: row.height,
    channels: row.channels,
    hash: row.hash,
    state: row.state,
    ...(row.values === null ? {} : { values: JSON.parse(row.values) as Record<string, FieldValue> }),
  }
}

/** `$."name"`: the place of a field in a sample's `values`. */
export const jsonPath = (field: string) => `$.${JSON.stringify(field)}`
