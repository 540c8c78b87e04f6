import { refuseNumbers } from './number-target'
import { WorkbenchError } from '@shared/errors'
import { isRows } from '@shared/modalities'
import type { Queries } from '../db/database'
import type { ClassRow, DatasetRow } from './dataset-queries'
import { takeIds } from './next-ids'

/** A table without a target has nothing that a class could be written into. */
export function refuseWithoutTarget(dataset: DatasetRow): void {
  refuseNumbers(dataset, 'Labels are classes')
  if (!isRows(dataset.modality) || dataset.target !== null) return
  throw new WorkbenchError('conflict', `Choose the target column of "${dataset.name}" first; labels are its values.`)
}

/** A class that is not stored yet, after all others. */
export async function newClassRow(tx: Queries, dataset: DatasetRow, name: string): Promise<ClassRow> {
  const last = await tx.get<{ position: number | null }>(
    'SELECT max(position) AS position FROM classes WHERE dataset_id = ?',
    dataset.id,
  )
  return { id: await takeIds(tx, 'class', 1), name, position: (last!.position ?? -1) + 1 }
}

export const findClass = (tx: Queries, datasetId: string, name: string) =>
  tx.get<ClassRow>('SELECT id, name, position FROM classes WHERE dataset_id = ? AND name = ?', datasetId, name)

/** A class by its name; `not_found` lists those there are. */
export async function requireClass(tx: Queries, datasetId: string, name: string): Promise<ClassRow> {
  const found = await findClass(tx, datasetId, name)
  if (found) return found
  const rows = await tx.all<{ name: string }>(
    'SELECT name FROM classes WHERE dataset_id = ? ORDER BY position LIMIT 30',
    datasetId,
  )
  const known = rows.length > 0 ? `There are: ${rows.map((row) => row.name).join(', ')}.` : 'There are none yet.'
  throw new WorkbenchError('not_found', `No class "${name}" in this dataset. ${known}`)
}
