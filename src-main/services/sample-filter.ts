import { WorkbenchError } from '@shared/errors'
import type { SampleFilter } from '@shared/schemas/dataset'
import { isRows } from '@shared/modalities'
import type { Queries, SqlValue } from '../db/database'
import { jsonPath, type DatasetRow } from './dataset-queries'

/** A condition on `samples`, with its parameters. */
export interface Where {
  sql: string
  params: SqlValue[]
}

const anyOf = (conditions: string[]) => (conditions.length > 1 ? `(${conditions.join(' OR ')})` : conditions[0]!)

/** The condition that a filter stands for, the dataset included. */
export function whereOf(dataset: Pick<DatasetRow, 'id' | 'modality'>, filter: SampleFilter): Where {
  const conditions = ['samples.dataset_id = ?']
  const params: SqlValue[] = [dataset.id]
  const add = (sql: string, ...values: SqlValue[]) => {
    conditions.push(sql)
    params.push(...values)
  }
  const ofClass: string[] = []
  if (filter.classIds) ofClass.push('samples.class_id IN (SELECT value FROM json_each(?))')
  if (filter.unlabelled) ofClass.push('samples.class_id IS NULL')
  if (ofClass.length > 0) add(anyOf(ofClass), ...(filter.classIds ? [JSON.stringify(filter.classIds)] : []))
  const ofSplit: string[] = []
  if (filter.splits) ofSplit.push('samples.split IN (SELECT value FROM json_each(?))')
  if (filter.withoutSplit) ofSplit.push('samples.split IS NULL')
  if (ofSplit.length > 0) add(anyOf(ofSplit), ...(filter.splits ? [JSON.stringify(filter.splits)] : []))
  if (filter.state) add('samples.state = ?', filter.state)
  if (filter.ids) add('samples.id IN (SELECT value FROM json_each(?))', JSON.stringify(filter.ids))
  if (filter.search) addSearch(dataset, filter.search, add)
  return { sql: conditions.join(' AND '), params }
}

function addSearch(
  { modality }: Pick<DatasetRow, 'modality'>,
  search: string,
  add: (sql: string, ...values: SqlValue[]) => void,
): void {
  const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`
  if (!isRows(modality)) return add(`samples.path LIKE ? ESCAPE '\\'`, pattern)
  // The whole text first: it is quick, and only rows that pass it are taken apart into cells.
  const quoted = JSON.stringify(search).slice(1, -1)
  add(`samples."values" LIKE ? ESCAPE '\\'`, `%${quoted.replace(/[\\%_]/g, '\\$&')}%`)
  add(`EXISTS (SELECT 1 FROM json_each(samples."values") AS cell WHERE cell.value LIKE ? ESCAPE '\\')`, pattern)
}

const columns: Record<string, string> = {
  row: 'samples.row',
  id: 'samples.id',
  path: 'samples.path',
  class: '(SELECT position FROM classes WHERE classes.id = samples.class_id)',
  split: "CASE samples.split WHEN 'train' THEN 0 WHEN 'validation' THEN 1 WHEN 'test' THEN 2 END",
  state: 'samples.state',
  width: 'samples.width',
  height: 'samples.height',
  size: 'samples.size_bytes',
}

/** How a filter's samples are ordered: by a table's field or one of `columns`, missing values last; else by row. */
export async function orderOf(db: Queries, dataset: DatasetRow, { sort }: SampleFilter): Promise<Where> {
  if (!sort) return { sql: 'samples.row', params: [] }
  const direction = sort.descending ? 'DESC' : 'ASC'
  const isField = await db.get('SELECT 1 FROM fields WHERE dataset_id = ? AND name = ?', dataset.id, sort.field)
  const expression = isField ? `samples."values" ->> ?` : columns[sort.field]
  if (!expression) {
    throw new WorkbenchError(
      'invalid_input',
      `Cannot sort by "${sort.field}". Expected a column of the table or one of ${Object.keys(columns).join(', ')}.`,
    )
  }
  return {
    sql: `${expression} ${direction} NULLS LAST, samples.row`,
    params: isField ? [jsonPath(sort.field)] : [],
  }
}
