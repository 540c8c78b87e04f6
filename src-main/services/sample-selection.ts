import { isAbsolute } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { SampleFilter } from '@shared/schemas/dataset'
import type { Queries } from '../db/database'
import { relativePath, resolveSample, type DatasetRow } from './dataset-queries'
import { whereOf, type Where } from './sample-filter'

export type Selection = { ids: number[] } | { refs: string[] } | { filter: SampleFilter }

/** The condition that a selection stands for. Ids and references that are not in the dataset are an error. */
export async function whereSelected(tx: Queries, dataset: DatasetRow, selection: Selection): Promise<Where> {
  if ('filter' in selection) return whereOf(dataset, selection.filter)
  const ids = 'ids' in selection ? [...new Set(selection.ids)] : await resolveAll(tx, dataset, selection.refs)
  const where = whereOf(dataset, { ids })
  if ('ids' in selection) await refuseUnknown(tx, where, ids)
  return where
}

async function resolveAll(tx: Queries, dataset: DatasetRow, refs: string[]): Promise<number[]> {
  const ids = new Set<number>()
  for (const ref of refs) {
    const name = isAbsolute(ref) ? relativePath(dataset.source_path, ref) : ref
    ids.add((await resolveSample(tx, dataset.id, name)).id)
  }
  return [...ids]
}

async function refuseUnknown(tx: Queries, { sql, params }: Where, ids: number[]): Promise<void> {
  const found = await tx.get<{ n: number }>(`SELECT count(*) AS n FROM samples WHERE ${sql}`, ...params)
  if (found!.n === ids.length) return
  throw new WorkbenchError(
    'not_found',
    `${ids.length - found!.n} of the ${ids.length} samples chosen are not in this dataset. Reload and choose again.`,
  )
}
