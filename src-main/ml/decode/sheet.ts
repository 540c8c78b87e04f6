import { WorkbenchError } from '@shared/errors'
import { mostColumns } from './tables/define'
import type { Workbook } from './workbook'
import { attribute, type XmlHandler } from './xml'

export interface SheetRow {
  /** As the sheet counts, from 1. */
  number: number
  cells: string[]
}

/** Gathers rows of text from the tags of a sheet (ECMA-376, part 1, 18.3.1). */
export class SheetReader implements XmlHandler {
  #rows: SheetRow[] = []
  #row: SheetRow = { number: 0, cells: [] }
  #column = -1
  #type = 'n'
  #isDate = false
  #value = ''
  #isValue = false
  #isHint = false

  constructor(private readonly workbook: Pick<Workbook, 'strings' | 'isDateStyle' | 'is1904'>) {}

  /** The rows that were finished since the last call. */
  take(): SheetRow[] {
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  open(name: string, attributes: string): void {
    if (name === 'c') this.#openCell(attributes)
    else if (name === 'v' || name === 't') this.#isValue = !this.#isHint
    else if (name === 'rPh') this.#isHint = true
    else if (name === 'row') {
      this.#row = { number: Number(attribute(attributes, 'r') ?? this.#row.number + 1), cells: [] }
      this.#column = -1
    }
  }

  text(piece: string): void {
    if (this.#isValue) this.#value += piece
  }

  close(name: string): void {
    if (name === 'v' || name === 't') this.#isValue = false
    else if (name === 'rPh') this.#isHint = false
    else if (name === 'c') {
      while (this.#row.cells.length < this.#column) this.#row.cells.push('')
      this.#row.cells[this.#column] = this.#cellText().trim()
    } else if (name === 'row') this.#rows.push(this.#row)
  }

  #openCell(attributes: string): void {
    const reference = attribute(attributes, 'r')
    this.#column = reference ? columnOf(reference) : this.#column + 1
    if (this.#column >= mostColumns)
      throw new WorkbenchError('invalid_input', `Row ${this.#row.number} has a cell beyond column ${mostColumns}.`)
    this.#type = attribute(attributes, 't') ?? 'n'
    this.#isDate = this.workbook.isDateStyle[Number(attribute(attributes, 's') ?? -1)] ?? false
    this.#value = ''
  }

  /** An error in a formula (#N/A) counts as missing. */
  #cellText(): string {
    const value = this.#value
    if (value === '' || this.#type === 'e') return ''
    if (this.#type === 's') return this.workbook.strings[Number(value)] ?? ''
    if (this.#type === 'b') return value === '1' ? 'true' : 'false'
    if (this.#type !== 'n') return value
    const number = Number(value)
    if (!Number.isFinite(number)) return value
    return this.#isDate ? dateText(number, this.workbook.is1904) : String(number)
  }
}

/** `AB12` → 27. */
function columnOf(reference: string): number {
  let column = 0
  for (const char of reference) {
    const digit = char.charCodeAt(0) - 64
    if (digit < 1 || digit > 26) break
    column = column * 26 + digit
  }
  return column - 1 < 0 ? mostColumns : column - 1
}

const dayMs = 86_400_000

/** A day count as ISO date, with the time where there is one; a time alone as it is. Excel counts a 29 February 1900. */
function dateText(days: number, is1904: boolean): string {
  const epoch = is1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, days < 60 ? 31 : 30)
  const date = new Date(Math.round((epoch + days * dayMs) / 1000) * 1000)
  if (Number.isNaN(date.getTime())) return String(days)
  const text = date.toISOString()
  if (days >= 0 && days < 1) return text.slice(11, 19)
  return Number.isInteger(days) ? text.slice(0, 10) : text.slice(0, 19)
}
