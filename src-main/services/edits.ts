import { WorkbenchError } from '@shared/errors'
import type { Dataset, EditLog } from '@shared/schemas/dataset'
import type { Queries } from '../db/database'
import type { ServiceContext } from './context'
import { loadDataset, resolveDataset, type DatasetRow } from './dataset-queries'
import { applyState, type EditState } from './edit-state'
import type { Where } from './sample-filter'

export interface NewEdit {
  /** As people would say it: 'Label 12 samples "cat"'. */
  title: string
  kind: string
  /** JSON of an EditState. */
  before: string
  after: string
  changed: number
}

const keptEdits = 1000
/** All edits together list at most about so many samples (some 50 MB); the newest always stays. */
const keptChanges = 5_000_000
const trimEvery = 20

/** Stores an edit and does it, by the same way by which it will be done again after an undo. */
export async function performEdit(tx: Queries, dataset: DatasetRow, edit: NewEdit): Promise<void> {
  await tx.run('DELETE FROM edits WHERE dataset_id = ? AND is_undone = 1', dataset.id)
  const { lastId } = await tx.run(
    'INSERT INTO edits (dataset_id, title, kind, before, after, changed, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    dataset.id,
    edit.title,
    edit.kind,
    edit.before,
    edit.after,
    edit.changed,
    Date.now(),
  )
  await applyState(tx, dataset, lastId, 'after')
  await touch(tx, dataset.id)
  if (lastId % trimEvery === 0) await trim(tx, dataset.id)
}

/** Says that samples changed: lists kept in memory anywhere are out of date. */
export const touch = (tx: Queries, datasetId: string) =>
  tx.run('UPDATE datasets SET revision = revision + 1 WHERE id = ?', datasetId)

async function trim(tx: Queries, datasetId: string): Promise<void> {
  await tx.run(
    `DELETE FROM edits WHERE dataset_id = ? AND id <= (
       SELECT id FROM (SELECT id, row_number() OVER newest AS n, sum(changed) OVER newest AS total
                       FROM edits WHERE dataset_id = ? WINDOW newest AS (ORDER BY id DESC))
       WHERE n > ? OR (total > ? AND n > 1) ORDER BY id DESC LIMIT 1)`,
    datasetId,
    datasetId,
    keptEdits,
    keptChanges,
  )
}

type EditRow = { id: number; title: string; changed: number }

const nextEdit = (tx: Queries, datasetId: string, direction: 'undo' | 'redo') =>
  tx.get<EditRow>(
    direction === 'undo'
      ? 'SELECT id, title, changed FROM edits WHERE dataset_id = ? AND is_undone = 0 ORDER BY id DESC LIMIT 1'
      : 'SELECT id, title, changed FROM edits WHERE dataset_id = ? AND is_undone = 1 ORDER BY id LIMIT 1',
    datasetId,
  )

/** Takes the newest edit back, or does the one taken back last again. */
export async function stepEdit(
  tx: Queries,
  dataset: DatasetRow,
  direction: 'undo' | 'redo',
): Promise<{ title: string; changed: number }> {
  const edit = await nextEdit(tx, dataset.id, direction)
  if (!edit) throw new WorkbenchError('conflict', `There is nothing to ${direction} in "${dataset.name}".`)
  await applyState(tx, dataset, edit.id, direction === 'undo' ? 'before' : 'after')
  await tx.run('UPDATE edits SET is_undone = ? WHERE id = ?', direction === 'undo', edit.id)
  await touch(tx, dataset.id)
  return { title: edit.title, changed: edit.changed }
}

export async function editLog(db: Queries, datasetId: string, limit: number): Promise<EditLog> {
  const undo = await nextEdit(db, datasetId, 'undo')
  const redo = await nextEdit(db, datasetId, 'redo')
  const rows = await db.all<EditRow & { at: number; is_undone: number }>(
    'SELECT id, title, changed, at, is_undone FROM edits WHERE dataset_id = ? ORDER BY id DESC LIMIT ?',
    datasetId,
    limit,
  )
  return {
    undo: undo?.title ?? null,
    redo: redo?.title ?? null,
    entries: rows.map(({ id, title, changed, at, is_undone }) => ({
      editId: id,
      title,
      changed,
      at,
      isUndone: is_undone === 1,
    })),
  }
}

/** Runs one edit in one transaction, then tells everybody. */
export async function inEdit<T>(
  { db, emit }: Pick<ServiceContext, 'db' | 'emit'>,
  ref: string,
  work: (tx: Queries, dataset: DatasetRow) => Promise<T>,
): Promise<{ result: T; dataset: Dataset }> {
  const { result, id } = await db.transaction(async (tx) => {
    const row = await resolveDataset(tx, ref)
    return { result: await work(tx, row), id: row.id }
  })
  return { result, dataset: await announce({ db, emit }, id) }
}

/** Emits a dataset's new state; returns it. */
export async function announce({ db, emit }: Pick<ServiceContext, 'db' | 'emit'>, datasetId: string): Promise<Dataset> {
  const { revision } = await resolveDataset(db, datasetId)
  const dataset = await loadDataset(db, datasetId)
  emit('samples.changed', { datasetId, revision })
  emit('datasets.changed', dataset)
  return dataset
}

/**
 * The samples that an edit of one column changes, as the JSON lists of both sides: those that have another value now.
 * `changed` is 0 when there is nothing to do.
 */
export async function listChange(
  tx: Queries,
  column: 'class_id' | 'split',
  where: Where,
  value: number | string | null,
): Promise<{ before: string; after: string; changed: number }> {
  const row = await tx.get<{ before: string; after: string; changed: number }>(
    `WITH touched AS (SELECT id, ${column} AS old FROM samples WHERE ${where.sql} AND ${column} IS NOT ?)
     SELECT (SELECT json_group_array(json_array(old, json(ids)))
             FROM (SELECT old, json_group_array(id) AS ids FROM touched GROUP BY old)) AS before,
            json_array(json_array(?, json((SELECT json_group_array(id) FROM touched)))) AS after,
            (SELECT count(*) FROM touched) AS changed`,
    ...where.params,
    value,
    value,
  )
  return row!
}

/** Puts a state and ready-made JSON lists into one JSON object. */
export function stateText(state: Omit<EditState, 'labels' | 'splits'>, lists: { labels?: string; splits?: string }) {
  const parts = Object.entries(lists).flatMap(([key, text]) => (text === undefined ? [] : [`"${key}":${text}`]))
  const rest = JSON.stringify(state).slice(1, -1)
  return `{${[...(rest ? [rest] : []), ...parts].join(',')}}`
}
