import { WorkbenchError } from '@shared/errors'
import { compareNatural } from '@shared/natural-order'
import type { FieldKind, FieldValue, Modality, Task } from '@shared/schemas/dataset'
import type { Queries } from '../db/database'
import { jsonPath, targetValue, type ClassRow, type DatasetRow } from './dataset-queries'
import { recountFields } from './derived-fields'
import { listedIn, type Side } from './edit-lists'
import { takeIds } from './next-ids'
import { checkNumberTarget, maxNumberClasses } from './number-target'

const maxClasses = 1000

/** A value of the target column as a class name; null where it is missing. */
export const classNameOf = (value: FieldValue | undefined) =>
  value === null || value === undefined ? null : String(value)

/** Class names in the order in which they are shown: 2 before 10. */
export const orderClasses = (names: Iterable<string>) => [...new Set(names)].sort(compareNatural)

/** Throws `invalid_input` where a column cannot be what is predicted. */
export function checkTarget(
  { modality, task }: { modality: Modality; task: Task },
  name: string,
  kind: FieldKind,
  distinct: number,
): void {
  if (distinct === 0)
    throw new WorkbenchError('invalid_input', `Column "${name}" has no values, so there is nothing to predict.`)
  if (task === 'regression') return checkNumberTarget(modality, name, kind, distinct)
  if (kind === 'number' && distinct > maxNumberClasses) {
    throw new WorkbenchError(
      'invalid_input',
      `Column "${name}" holds ${distinct} different numbers; classes can be at most ${maxNumberClasses} numbers. Derive a category from it first (say, below and above a limit), ${modality === 'table' ? 'predict it as a number, ' : ''}or choose another target.`,
    )
  }
  const limit = kind === 'category' || kind === 'boolean' ? maxClasses : 100
  if (distinct > limit) {
    throw new WorkbenchError(
      'invalid_input',
      `Column "${name}" (${kind}) holds ${distinct} different values; a target needs at most ${limit} classes. Choose another target, or derive one with a map.`,
    )
  }
}

/**
 * Makes `target` the column that is predicted: its values become the classes and each sample's label, or stay numbers. Classes in
 * `known` keep their ids and order, so that older edits fit them again; new values get new classes after them.
 */
export async function relabelFromTarget(
  tx: Queries,
  datasetId: string,
  target: string | null,
  known: ClassRow[],
  task: Task = 'classification',
): Promise<void> {
  await tx.run('UPDATE samples SET class_id = NULL WHERE dataset_id = ?', datasetId)
  await tx.run('DELETE FROM classes WHERE dataset_id = ?', datasetId)
  await releaseTarget(tx, datasetId)
  await tx.run('UPDATE datasets SET target = ?, task = ? WHERE id = ?', target, task, datasetId)
  if (target === null) return
  await tx.run('UPDATE fields SET is_input = 0 WHERE dataset_id = ? AND name = ?', datasetId, target)
  // The numbers themselves are what is predicted; labels that were edited since may have changed them.
  if (task === 'regression') return recountFields(tx, datasetId, [target])
  const literals = await distinctLiterals(tx, datasetId, target)
  const classes = await withNewClasses(tx, known, [...literals.values()])
  for (const { id, name, position } of classes)
    await tx.run(
      'INSERT INTO classes (id, dataset_id, name, position) VALUES (?, ?, ?, ?)',
      id,
      datasetId,
      name,
      position,
    )
  const idOf = new Map(classes.map(({ id, name }) => [name, id]))
  await tx.run(
    `WITH wanted AS MATERIALIZED (SELECT value ->> 0 AS literal, value ->> 1 AS id FROM json_each(?))
     UPDATE samples SET class_id = wanted.id FROM wanted WHERE dataset_id = ? AND "values" -> ? = wanted.literal`,
    JSON.stringify([...literals].map(([literal, name]) => [literal, idOf.get(name)!])),
    datasetId,
    jsonPath(target),
  )
}

/** What was the target is a column like any other again, and an input where such columns are. */
const releaseTarget = (tx: Queries, datasetId: string) =>
  tx.run(
    `UPDATE fields SET is_input = kind NOT IN ('id', 'text') AND derivation IS NULL
       AND (SELECT modality FROM datasets WHERE id = fields.dataset_id) <> 'text'
     WHERE dataset_id = ? AND name = (SELECT target FROM datasets WHERE id = ?)`,
    datasetId,
    datasetId,
  )

/** Each distinct value as it stands in the JSON text, with the class name that it stands for. */
export async function distinctLiterals(tx: Queries, datasetId: string, field: string): Promise<Map<string, string>> {
  const rows = await tx.all<{ literal: string }>(
    `SELECT DISTINCT "values" -> ? AS literal FROM samples WHERE dataset_id = ? AND "values" ->> ? IS NOT NULL LIMIT 5000`,
    jsonPath(field),
    datasetId,
    jsonPath(field),
  )
  return new Map(rows.map(({ literal }) => [literal, String(JSON.parse(literal))]))
}

/** `known` classes, and after them new ones for the names that they lack. */
export async function withNewClasses(tx: Queries, known: ClassRow[], names: string[]): Promise<ClassRow[]> {
  const have = new Set(known.map(({ name }) => name))
  const missing = orderClasses(names).filter((name) => !have.has(name))
  const first = await takeIds(tx, 'class', missing.length)
  const after = Math.max(-1, ...known.map(({ position }) => position)) + 1
  return [...known, ...missing.map((name, i) => ({ id: first + i, name, position: after + i }))]
}

/** Writes the labels back into the target column: of the samples that an edit lists, or of all. */
export async function syncTargetValues(
  tx: Queries,
  dataset: DatasetRow,
  listed: { editId: number; side: Side } | null,
): Promise<void> {
  const kind = await targetKind(tx, dataset)
  const classes = await tx.all<ClassRow>('SELECT * FROM classes WHERE dataset_id = ?', dataset.id)
  const literals = classes.map(({ id, name }) => [id, JSON.stringify(targetValue(kind, name))])
  // The plus keeps SQLite from walking the whole dataset for the few samples that an edit lists.
  const of = listed
    ? `+dataset_id = ? AND samples.id IN (SELECT sample_id FROM (${listedIn(listed.side, 'labels')}))`
    : 'dataset_id = ?'
  const which = [dataset.id, ...(listed ? [listed.editId] : [])]
  const path = jsonPath(dataset.target!)
  await tx.run(
    `WITH written AS MATERIALIZED (SELECT value ->> 0 AS class_id, value ->> 1 AS literal FROM json_each(?))
     UPDATE samples SET "values" = json_set("values", ?, json(written.literal)) FROM written
     WHERE ${of} AND samples.class_id = written.class_id`,
    JSON.stringify(literals),
    path,
    ...which,
  )
  await tx.run(
    `UPDATE samples SET "values" = json_set("values", ?, NULL) WHERE ${of} AND class_id IS NULL`,
    path,
    ...which,
  )
}

export async function targetKind(tx: Queries, dataset: DatasetRow): Promise<FieldKind> {
  const field = await tx.get<{ kind: FieldKind }>(
    'SELECT kind FROM fields WHERE dataset_id = ? AND name = ?',
    dataset.id,
    dataset.target,
  )
  return field?.kind ?? 'category'
}

/** Whether a class of that name can stand in a column of that kind. */
export function fitsKind(kind: FieldKind, className: string): boolean {
  if (kind === 'number') return String(Number(className)) === className
  if (kind === 'boolean') return className === 'true' || className === 'false'
  return true
}

/** Numbers may come back only when every class is one: files added since may have brought words. */
export async function setTargetKind(tx: Queries, dataset: DatasetRow, kind: FieldKind): Promise<void> {
  const classes = await tx.all<ClassRow>('SELECT * FROM classes WHERE dataset_id = ?', dataset.id)
  const fitting = classes.every(({ name }) => fitsKind(kind, name)) ? kind : 'category'
  await tx.run('UPDATE fields SET kind = ? WHERE dataset_id = ? AND name = ?', fitting, dataset.id, dataset.target)
}
