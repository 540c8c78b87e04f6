import type { FieldKind, FieldValue } from '@shared/schemas/dataset'

/** A column that grows: numbers as they are, anything else as the number of one of its distinct values. */
class Column {
  #numbers = new Float64Array(1024)
  #count = 0
  readonly #codes = new Map<FieldValue, number>()
  readonly #values: FieldValue[] = []

  constructor(private readonly isNumber: boolean) {}

  push(value: FieldValue): void {
    if (this.#count === this.#numbers.length) {
      const wider = new Float64Array(2 * this.#count)
      wider.set(this.#numbers)
      this.#numbers = wider
    }
    this.#numbers[this.#count++] = this.isNumber ? this.#asNumber(value) : this.#codeOf(value)
  }

  at(row: number): FieldValue {
    const number = this.#numbers[row]!
    if (!this.isNumber) return this.#values[number]!
    return Number.isNaN(number) ? null : number
  }

  /** Of a column of numbers; NaN where there is none. */
  numbers(rows: ArrayLike<number>): Float64Array {
    const numbers = new Float64Array(rows.length)
    for (let i = 0; i < numbers.length; i++) numbers[i] = this.#numbers[rows[i]!]!
    return numbers
  }

  #asNumber(value: FieldValue): number {
    if (value === null || value === '') return NaN
    return Number(value)
  }

  #codeOf(value: FieldValue): number {
    const known = this.#codes.get(value)
    if (known !== undefined) return known
    this.#codes.set(value, this.#values.length)
    return this.#values.push(value) - 1
  }
}

/** Rows of a table column by column in packed memory: a million rows of thirty numbers take 240 MB, not gigabytes. */
export class ColumnTable {
  readonly #columns: Column[]

  constructor(fields: { kind: FieldKind }[]) {
    this.#columns = fields.map(({ kind }) => new Column(kind === 'number'))
  }

  push(values: FieldValue[]): void {
    this.#columns.forEach((column, i) => column.push(values[i] ?? null))
  }

  /** Numbers of a column of numbers in some rows; NaN where there is none. */
  numbers(field: number, rows: ArrayLike<number>): Float64Array {
    return this.#columns[field]!.numbers(rows)
  }

  value(row: number, field: number): FieldValue {
    return this.#columns[field]!.at(row)
  }
}
