import type { FieldKind, FieldValue } from '@shared/schemas/dataset'
import { fitTable, toNumber, type FieldEncoding } from '../encode/table'
import type { SparseRows } from './logistic'

/** One field as columns: every row has `slots` numbers in them. */
export interface FieldColumns {
  name: string
  rows: SparseRows
}

const deciles = 10

/**
 * A field's values as a logistic regression can read them: a category's values as columns; a number as itself,
 * standardised, and by its tenth of the samples, so that a bend in the curve shows too.
 */
export function columnsOfField(name: string, kind: FieldKind, values: FieldValue[]): FieldColumns {
  const [encoding] = fitTable(
    [{ name, kind }],
    values.map((value) => [value]),
  ).fields
  return { name, rows: encoding!.kind === 'category' ? ofCategory(encoding!, values) : ofNumber(encoding!, values) }
}

type CategoryEncoding = Extract<FieldEncoding, { kind: 'category' }>
type NumberEncoding = Exclude<FieldEncoding, CategoryEncoding>

function ofCategory(encoding: CategoryEncoding, cells: FieldValue[]): SparseRows {
  const places = new Map(encoding.values.map((value, place) => [value, place]))
  const width = encoding.values.length
  const columns = new Int32Array(cells.length)
  const values = new Float32Array(cells.length)
  cells.forEach((cell, row) => {
    const place = places.get(cell === null ? '(missing)' : String(cell))
    if (place === undefined) return
    columns[row] = place
    values[row] = 1
  })
  return { slots: 1, columns, values, width }
}

function ofNumber({ kind, median, mean, deviation }: NumberEncoding, cells: FieldValue[]): SparseRows {
  const numbers = cells.map((cell) => toNumber(cell, kind))
  const known = Float64Array.from(numbers.filter((number) => number !== null)).sort()
  const edges = Array.from(
    { length: deciles - 1 },
    (_, k) => known[Math.floor(((k + 1) * known.length) / deciles)] ?? 0,
  )
  const columns = new Int32Array(cells.length * 2)
  const values = new Float32Array(cells.length * 2)
  numbers.forEach((number, row) => {
    columns[row * 2] = 0
    values[row * 2] = ((number ?? median) - mean) / deviation
    columns[row * 2 + 1] = 1 + (number === null ? deciles : edges.filter((edge) => number >= edge).length)
    values[row * 2 + 1] = 1
  })
  return { slots: 2, columns, values, width: deciles + 2 }
}

/** Fields side by side. */
export function joined(fields: readonly FieldColumns[], count: number): SparseRows {
  const slots = fields.reduce((sum, { rows }) => sum + rows.slots, 0)
  const columns = new Int32Array(count * slots)
  const values = new Float32Array(count * slots)
  let [at, width] = [0, 0]
  for (const { rows } of fields) {
    for (let row = 0; row < count; row++)
      for (let k = 0; k < rows.slots; k++) {
        columns[row * slots + at + k] = width + rows.columns[row * rows.slots + k]!
        values[row * slots + at + k] = rows.values[row * rows.slots + k]!
      }
    at += rows.slots
    width += rows.width
  }
  return { slots, columns, values, width }
}
