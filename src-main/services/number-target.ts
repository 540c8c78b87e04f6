import { WorkbenchError } from '@shared/errors'
import type { FieldKind, FieldValue, Modality, Task } from '@shared/schemas/dataset'
import type { Queries } from '../db/database'
import { jsonPath, type DatasetRow } from './dataset-queries'

/** More distinct numbers than this are a quantity, not classes. */
export const maxNumberClasses = 20

/** What a column is taken for where nobody said: many different numbers are a quantity. */
export const suggestedTask = (modality: Modality, kind: FieldKind, distinct: number): Task =>
  modality === 'table' && kind === 'number' && distinct > maxNumberClasses ? 'regression' : 'classification'

/** The same, said in words. */
export function taskNote(name: string, task: Task, distinct: number, isChosen: boolean): string | null {
  const values = `${distinct} different numbers`
  if (task === 'regression')
    return isChosen
      ? `"${name}" is predicted as a number, as chosen.`
      : `"${name}" holds ${values}, so it is predicted as a number. Bins of it would be classes: derive a column for that.`
  return null
}

/** Throws `invalid_input` where a column cannot be predicted as a number. */
export function checkNumberTarget(modality: Modality, name: string, kind: FieldKind, distinct: number): void {
  const refuse = (why: string) => {
    throw new WorkbenchError('invalid_input', `"${name}" cannot be predicted as a number: ${why}`)
  }
  if (modality !== 'table') refuse('that is for tables. Choose a column of classes.')
  if (kind !== 'number') refuse(`its kind is ${kind}. Correct the kind, or choose a column of numbers.`)
  if (distinct < 2) refuse('all its values are the same. Choose another target.')
}

/** A value of the target as a number; null where it is none. */
export function numberOf(value: FieldValue | undefined): number | null {
  if (value === null || value === undefined || value === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/** SQL for "this sample has what is to be predicted", with its parameters. */
export function isLabelled({ task, target }: Pick<DatasetRow, 'task' | 'target'>): { sql: string; params: string[] } {
  return task === 'regression'
    ? { sql: `typeof("values" ->> ?) IN ('real', 'integer')`, params: [jsonPath(target!)] }
    : { sql: 'class_id IS NOT NULL', params: [] }
}

/** Samples with a number to predict. */
export async function countNumbers(db: Queries, dataset: Pick<DatasetRow, 'id' | 'task' | 'target'>): Promise<number> {
  const { sql, params } = isLabelled(dataset)
  const row = await db.get<{ n: number }>(
    `SELECT count(*) AS n FROM samples WHERE dataset_id = ? AND ${sql}`,
    dataset.id,
    ...params,
  )
  return row?.n ?? 0
}

/** Throws `incompatible` for what has a meaning for classes only; `what` is the first half of the sentence. */
export function refuseNumbers({ task }: { task: Task }, what: string): void {
  if (task === 'regression')
    throw new WorkbenchError('incompatible', `${what}, and what is predicted here is a number.`)
}
