import type { FieldKind } from '@shared/schemas/dataset'
import { isMissing, localDateParts, parseDate, parseNumber, type ColumnType } from '@shared/cells'

export interface ProfiledColumn extends ColumnType {
  name: string
  missing: number
  /** Counted up to 1 000, ids exactly. */
  distinct: number
  examples: string[]
  /** A sentence about a choice that was made, or null. */
  note: string | null
}

const maxDistinct = 1000
const exampleCount = 5
const idName = /^(id|ids|uuid|guid|key|index|rowid|row|nr|no|#)$|[_\s.-](id|uuid|key|nr|no)$|[a-z]I[dD]$/i

/** Watches the cells of one column go by and says what kind of values it holds. */
export class ColumnProfile {
  #missing = 0
  #present = 0
  #numbers = 0
  #commaNumbers = 0
  #booleans = 0
  #dayFirst = 0
  #monthFirst = 0
  #ambiguousDates = 0
  #length = 0
  #hasDuplicate = false
  #isSequence = true
  #previous: number | null = null
  readonly #distinct = new Set<string>()
  readonly #isNamedId: boolean

  constructor(
    readonly name: string,
    private readonly position: number,
    private readonly allowsDecimalComma: boolean,
    private readonly wasUnnamed = false,
  ) {
    this.#isNamedId = idName.test(name)
  }

  add(cell: string): void {
    if (isMissing(cell)) {
      this.#missing++
      this.#isSequence = false
      return
    }
    this.#present++
    this.#length += cell.length
    const size = this.#distinct.size
    if (size < maxDistinct || (this.#isNamedId && !this.#hasDuplicate)) {
      this.#distinct.add(cell)
      if (this.#distinct.size === size) this.#hasDuplicate = true
    } else if (!this.#hasDuplicate && this.#distinct.has(cell)) this.#hasDuplicate = true
    this.#countKinds(cell)
  }

  #countKinds(cell: string): void {
    const number = parseNumber(cell, '.')
    if (number !== null) this.#numbers++
    else if (parseNumber(cell, ',') !== null) this.#commaNumbers++
    this.#isSequence &&=
      number !== null && (this.#previous === null ? number === 0 || number === 1 : number === this.#previous + 1)
    this.#previous = number
    if (number !== null) return
    if (/^(true|false)$/i.test(cell)) this.#booleans++
    if (cell.length < 8 || cell.length > 35) return
    const local = localDateParts(cell)
    if (!local) this.#dayFirst += parseDate(cell, 'dmy') ? 1 : 0
    else if (local.separator === '.' || local.first > 12) this.#dayFirst += parseDate(cell, 'dmy') ? 1 : 0
    else if (local.second > 12) this.#monthFirst += parseDate(cell, 'mdy') ? 1 : 0
    else this.#ambiguousDates++
  }

  result(corrected?: FieldKind): ProfiledColumn {
    const decimal = this.#hasCommaNumbers() ? ',' : '.'
    const dateOrder = this.#monthFirst > this.#dayFirst ? 'mdy' : 'dmy'
    const kind = corrected ?? this.#kind()
    return {
      name: this.name,
      kind,
      decimal,
      dateOrder,
      isNumeric: this.#numbers === this.#present,
      missing: this.#missing,
      distinct: this.#distinct.size,
      examples: [...this.#distinct].slice(0, exampleCount),
      note: this.#note(kind, decimal, dateOrder),
    }
  }

  #kind(): FieldKind {
    const n = this.#present
    if (n === 0) return 'text'
    const isDistinct = !this.#hasDuplicate && n > 1
    if (isDistinct && this.#isNamedId) return 'id'
    if (this.#isSequence && (this.wasUnnamed || (this.position === 0 && n >= 50))) return 'id'
    if (this.#booleans === n) return 'boolean'
    if (this.#numbers === n || this.#hasCommaNumbers()) return 'number'
    if (this.#isDate()) return 'date'
    return this.#isText() ? 'text' : 'category'
  }

  /** 3,5 is a number where cells are parted by something else than a comma. */
  #hasCommaNumbers(): boolean {
    return (
      this.allowsDecimalComma && this.#commaNumbers > 0 && this.#commaNumbers + this.#wholeNumbers() === this.#present
    )
  }

  /** Whole numbers read the same with either decimal sign; a column of 1.5 and 2,5 is no number column. */
  #wholeNumbers(): number {
    for (const cell of this.#distinct) if (/^[-+]?[\d]*\.\d/.test(cell)) return -1
    return this.#numbers
  }

  #isDate(): boolean {
    if (this.#dayFirst > 0 && this.#monthFirst > 0) return false
    return this.#dayFirst + this.#monthFirst + this.#ambiguousDates === this.#present
  }

  #isText(): boolean {
    const distinct = this.#distinct.size
    if (distinct > 20 && (distinct >= maxDistinct || distinct > this.#present / 5)) return true
    return distinct > this.#present / 2 && this.#length / this.#present >= 40
  }

  #note(kind: FieldKind, decimal: string, dateOrder: string): string | null {
    if (this.#present === 0) return `Column "${this.name}" has no values.`
    if (kind === 'number' && decimal === ',') return `Column "${this.name}" has decimal commas.`
    if (kind === 'date' && this.#ambiguousDates > 0)
      return `Dates in "${this.name}" were read ${dateOrder === 'dmy' ? 'day' : 'month'} first.`
    return null
  }
}
