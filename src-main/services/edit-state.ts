import type { FieldKind, Split, Task } from '@shared/schemas/dataset'
import type { Queries } from '../db/database'
import type { FieldRow } from './dataset-fields'
import type { ClassRow, DatasetRow } from './dataset-queries'
import { addDerivedField, removeDerivedField } from './derived-fields'
import { listedIn, type Side } from './edit-lists'
import { relabelFromTarget, setTargetKind, syncTargetValues } from './table-target'

/**
 * One side of an edit: what to set so that the dataset is as it was before, or as it is after. Only what the edit
 * touches is in it. Samples are listed by the value that they get: `[[classId, [ids…]], …]`.
 */
export interface EditState {
  classes?: { upsert: ClassRow[]; remove: number[] }
  labels?: [number | null, number[]][]
  splits?: [Split | null, number[]][]
  positive?: string | null
  /** Tables: the column that is predicted; labels follow from its values, so they are not listed. */
  target?: string | null
  /** What the target is taken for; classification where absent. */
  task?: Task
  targetKind?: FieldKind
  fields?: { add: FieldRow[]; remove: string[] }
}

/** Sets one side of a stored edit. The lists of ids never leave SQLite, so that an edit of a million samples is cheap. */
export async function applyState(tx: Queries, dataset: DatasetRow, editId: number, side: Side): Promise<void> {
  const row = await tx.get<{ state: string; has_labels: number; has_splits: number }>(
    `SELECT json_remove(${side}, '$.labels', '$.splits') AS state,
            json_type(${side}, '$.labels') IS NOT NULL AS has_labels,
            json_type(${side}, '$.splits') IS NOT NULL AS has_splits
     FROM edits WHERE id = ?`,
    editId,
  )
  const state = JSON.parse(row!.state) as EditState
  if (state.fields) for (const field of state.fields.add) await addDerivedField(tx, dataset.id, field)
  if (state.target !== undefined)
    await relabelFromTarget(tx, dataset.id, state.target, state.classes?.upsert ?? [], state.task)
  else if (state.classes) for (const entry of state.classes.upsert) await upsertClass(tx, dataset.id, entry)
  if (row!.has_labels) await setListed(tx, dataset.id, editId, side, 'labels')
  if (row!.has_splits) await setListed(tx, dataset.id, editId, side, 'splits')
  if (state.classes && state.target === undefined) await removeUnused(tx, state.classes.remove)
  if (state.targetKind) await setTargetKind(tx, dataset, state.targetKind)
  if (state.target === undefined && dataset.target !== null) {
    if (state.classes || state.targetKind) await syncTargetValues(tx, dataset, null)
    else if (row!.has_labels) await syncTargetValues(tx, dataset, { editId, side })
  }
  if (state.fields) for (const name of state.fields.remove) await removeDerivedField(tx, dataset.id, name)
  if (state.positive !== undefined)
    await tx.run('UPDATE datasets SET positive = ? WHERE id = ?', state.positive, dataset.id)
}

async function setListed(tx: Queries, datasetId: string, editId: number, side: Side, list: 'labels' | 'splits') {
  const column = list === 'labels' ? 'class_id' : 'split'
  await tx.run(
    `UPDATE samples SET ${column} = listed.value FROM (${listedIn(side, list)}) AS listed
     WHERE samples.id = listed.sample_id AND +samples.dataset_id = ?`, // the plus: each listed id is looked up once
    editId,
    datasetId,
  )
}

/** Puts a class back as it was. Files added since may have made one of the same name: their samples join it. */
async function upsertClass(tx: Queries, datasetId: string, { id, name, position }: ClassRow): Promise<void> {
  const namesake = await tx.get<{ id: number }>(
    'SELECT id FROM classes WHERE dataset_id = ? AND name = ? AND id <> ?',
    datasetId,
    name,
    id,
  )
  if (namesake) await tx.run('UPDATE classes SET name = name || char(0) || id WHERE id = ?', namesake.id)
  await tx.run(
    `INSERT INTO classes (id, dataset_id, name, position) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, position = excluded.position`,
    id,
    datasetId,
    name,
    position,
  )
  if (!namesake) return
  await tx.run('UPDATE samples SET class_id = ? WHERE class_id = ?', id, namesake.id)
  await tx.run('DELETE FROM classes WHERE id = ?', namesake.id)
}

/** Removes classes; one that files added since still use stays. */
async function removeUnused(tx: Queries, ids: number[]): Promise<void> {
  for (const id of ids)
    await tx.run('DELETE FROM classes WHERE id = ? AND NOT EXISTS (SELECT 1 FROM samples WHERE class_id = ?)', id, id)
}
