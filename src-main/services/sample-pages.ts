import type { Sample, SampleFilter } from '@shared/schemas/dataset'
import type { Db } from '../db/database'
import { toSample, type DatasetRow, type SampleRow } from './dataset-queries'
import { orderOf, whereOf } from './sample-filter'

const keptLists = 8

const selectSample = 'SELECT samples.*, classes.name AS class_name'
const withClass = 'LEFT JOIN classes ON classes.id = samples.class_id'
type NamedRow = SampleRow & { class_name: string | null }

/**
 * Pages through samples. The ids that a filter finds are kept in their order until the dataset changes, so that only
 * the first page of a filter costs a search.
 */
export class SamplePages {
  readonly #lists = new Map<string, Promise<number[]>>()

  constructor(private readonly db: Db) {}

  async page(
    dataset: DatasetRow,
    filter: SampleFilter,
    offset: number,
    limit: number,
  ): Promise<{ total: number; samples: Sample[] }> {
    if (Object.values(filter).every((value) => value === undefined)) return this.#plainPage(dataset, offset, limit)
    const ids = await this.ids(dataset, filter)
    const rows = await this.db.all<NamedRow>(
      `${selectSample} FROM json_each(?) AS wanted CROSS JOIN samples ON samples.id = wanted.value ${withClass}
       ORDER BY wanted.key`,
      JSON.stringify(ids.slice(offset, offset + limit)),
    )
    return { total: ids.length, samples: rows.map(toSample) }
  }

  /** All ids that the filter finds, in its order. */
  ids(dataset: DatasetRow, filter: SampleFilter): Promise<number[]> {
    const key = JSON.stringify([dataset.id, dataset.revision, filter])
    const kept = this.#lists.get(key)
    if (kept) return kept
    const list = this.#find(dataset, filter)
    list.catch(() => this.#lists.delete(key))
    this.#lists.set(key, list)
    for (const oldest of this.#lists.keys()) {
      if (this.#lists.size <= keptLists) break
      this.#lists.delete(oldest)
    }
    return list
  }

  /** Rows count from 1 without gaps, so a page of everything is a range of rows. */
  async #plainPage(dataset: DatasetRow, offset: number, limit: number) {
    const total = await this.db.get<{ n: number }>('SELECT count(*) AS n FROM samples WHERE dataset_id = ?', dataset.id)
    const rows = await this.db.all<NamedRow>(
      `${selectSample} FROM samples ${withClass}
       WHERE samples.dataset_id = ? AND row > ? AND row <= ? ORDER BY row`,
      dataset.id,
      offset,
      offset + limit,
    )
    return { total: total!.n, samples: rows.map(toSample) }
  }

  async #find(dataset: DatasetRow, filter: SampleFilter): Promise<number[]> {
    const where = whereOf(dataset, filter)
    const order = await orderOf(this.db, dataset, filter)
    // One text from SQLite's thread instead of a hundred thousand row objects made on main's.
    const found = await this.db.get<{ ids: string }>(
      `SELECT json_group_array(id) AS ids FROM (SELECT samples.id FROM samples WHERE ${where.sql} ORDER BY ${order.sql})`,
      ...where.params,
      ...order.params,
    )
    return JSON.parse(found!.ids) as number[]
  }
}
