import type { FieldKind, FieldValue } from '@shared/schemas/dataset'

/** Most distinct values of one field that get a column of their own; rarer ones are encoded as all zero. */
export const maxCategories = 100
const missingName = '(missing)'

export interface NumberEncoding {
  field: string
  kind: 'number' | 'date'
  median: number
  mean: number
  deviation: number
  /** A training sample lacked it: one more column says 'missing'. */
  hasMissing: boolean
  rule: string
}

export interface CategoryEncoding {
  field: string
  kind: 'category'
  /** One column each, most frequent first; '(missing)' is among them when a training sample lacked the value. */
  values: string[]
  rule: string
}

export type FieldEncoding = NumberEncoding | CategoryEncoding

/** How rows of a table become numbers: fitted on the training split only, kept with the run. */
export interface TableEncoding {
  kind: 'table'
  fields: FieldEncoding[]
  columns: { name: string; field: string; index: number }[]
}

/** Values of one column. */
export type ColumnValues = FieldValue[] | Float64Array
type InputField = { name: string; kind: FieldKind }
const dayMs = 86_400_000

/** Fits the encoding on training rows, values in the order of `fields`. */
export const fitTable = (fields: InputField[], rows: FieldValue[][]): TableEncoding =>
  fitColumns(fields, (i) => rows.map((row) => row[i] ?? null))

/** As `fitTable`; the training rows' values are asked for field by field, numbers perhaps packed with NaN for none. */
export function fitColumns(fields: InputField[], valuesOf: (field: number) => ColumnValues): TableEncoding {
  const encodings = fields.map((field, i) => fitField(field, valuesOf(i)))
  const columns = encodings.flatMap((encoding) =>
    columnNames(encoding).map((name) => ({ name, field: encoding.field })),
  )
  return { kind: 'table', fields: encodings, columns: columns.map((column, index) => ({ ...column, index })) }
}

function fitField({ name, kind }: InputField, values: ColumnValues): FieldEncoding {
  return kind === 'number' || kind === 'date' ? fitNumber(name, kind, values) : fitCategory(name, values)
}

function fitNumber(field: string, kind: 'number' | 'date', values: ColumnValues): NumberEncoding {
  const numbers =
    values instanceof Float64Array ? values : Float64Array.from(values, (value) => toNumber(value, kind) ?? NaN)
  const known = numbers.filter((value) => !Number.isNaN(value)).sort()
  const middle = known.length >> 1
  const median = known.length === 0 ? 0 : known.length % 2 ? known[middle]! : (known[middle - 1]! + known[middle]!) / 2
  const count = Math.max(1, numbers.length)
  const sumOf = (term: (value: number) => number) =>
    numbers.reduce((sum, value) => sum + term(Number.isNaN(value) ? median : value), 0)
  const mean = sumOf((value) => value) / count
  const deviation = Math.sqrt(sumOf((value) => (value - mean) ** 2) / count)
  const hasMissing = known.length < numbers.length
  const subject = kind === 'date' ? 'Days since 1970' : 'The value'
  const rule =
    `${subject} minus the training mean, divided by the training standard deviation.` +
    (hasMissing
      ? ' A missing value becomes the training median, and a column of its own says that it was missing.'
      : '')
  return { field, kind, median, mean, deviation: deviation > 0 ? deviation : 1, hasMissing, rule }
}

function fitCategory(field: string, values: Iterable<FieldValue>): CategoryEncoding {
  const counts = new Map<string, number>()
  for (const value of values) {
    const name = value === null ? missingName : String(value)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const names = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1))
  const rule =
    'One column for each value seen in training' +
    (names.length > maxCategories ? `, of the ${maxCategories} most frequent` : '') +
    (counts.has(missingName) ? ', "(missing)" being one' : '') +
    '; any other value is all zero.'
  return { field, kind: 'category', values: names.slice(0, maxCategories), rule }
}

/** Encodes rows (values in the order of the encoding's fields) as [rows.length, columns] float32, row-major. */
export function encodeRows(encoding: TableEncoding, rows: FieldValue[][]): Float32Array {
  const width = encoding.columns.length
  const indexes = encoding.fields.map((field) =>
    field.kind === 'category' ? new Map(field.values.map((value, i) => [value, i])) : null,
  )
  const encoded = new Float32Array(rows.length * width)
  rows.forEach((row, r) => {
    let column = r * width
    encoding.fields.forEach((field, i) => {
      const value = row[i] ?? null
      if (field.kind === 'category') {
        const hit = indexes[i]!.get(value === null ? missingName : String(value))
        if (hit !== undefined) encoded[column + hit] = 1
        column += field.values.length
        return
      }
      const number = toNumber(value, field.kind)
      encoded[column++] = ((number ?? field.median) - field.mean) / field.deviation
      if (field.hasMissing) encoded[column++] = number === null ? 1 : 0
    })
  })
  return encoded
}

/** 'Absent' for a table: numbers at their training mean, categories at their most frequent value. [columns]. */
export function tableBaseline(encoding: TableEncoding): Float32Array {
  const baseline = new Float32Array(encoding.columns.length)
  let column = 0
  for (const field of encoding.fields) {
    if (field.kind === 'category' && field.values.length > 0) baseline[column] = 1
    column += columnNames(field).length
  }
  return baseline
}

/** Which encoded columns belong to each field. */
export function columnsByField(encoding: TableEncoding): { name: string; columns: number[] }[] {
  return encoding.fields.map(({ field }) => ({
    name: field,
    columns: encoding.columns.filter((column) => column.field === field).map((column) => column.index),
  }))
}

function columnNames(encoding: FieldEncoding): string[] {
  const { field } = encoding
  if (encoding.kind === 'category') return encoding.values.map((value) => `${field} = ${value}`)
  return encoding.hasMissing ? [field, `${field} is missing`] : [field]
}

export function toNumber(value: FieldValue, kind: 'number' | 'date'): number | null {
  if (value === null) return null
  const number = kind === 'date' ? Date.parse(String(value)) / dayMs : typeof value === 'string' ? parse(value) : +value
  return Number.isFinite(number) ? number : null
}

const parse = (text: string) => (text.trim() === '' ? NaN : Number(text))
