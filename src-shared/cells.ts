import type { FieldKind, FieldValue } from './schemas/dataset'

/** How the cells of one column are read. */
export interface ColumnType {
  kind: FieldKind
  decimal: '.' | ','
  /** Order of day, month and year where a date is not written year first. */
  dateOrder: 'dmy' | 'mdy'
  /** Ids only: all are whole numbers. */
  isNumeric: boolean
}

const missingWords = new Set(['', 'na', 'n/a', 'nan', 'null', '?', '-'])

export const isMissing = (cell: string) => cell.length <= 4 && missingWords.has(cell.toLowerCase())

const numberPattern = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i
const commaPattern = /^[-+]?(\d+,?\d*|,\d+)(e[-+]?\d+)?$/i

/** A finite number that loses nothing by being one, or null: 007 is a code, and 17 digits are more than fit. */
export function parseNumber(cell: string, decimal: '.' | ','): number | null {
  if (!(decimal === '.' ? numberPattern : commaPattern).test(cell)) return null
  const text = decimal === '.' ? cell : cell.replace(',', '.')
  if (/^[-+]?0\d/.test(text)) return null
  const value = Number(text)
  if (!Number.isFinite(value)) return null
  return Number.isInteger(value) && /^[-+]?\d+$/.test(text) && !Number.isSafeInteger(value) ? null : value
}

const yes = new Set(['true', 't', 'yes', 'y', '1'])
const no = new Set(['false', 'f', 'no', 'n', '0'])

/** true/false, and the words that people use for it. */
export function parseBoolean(cell: string): boolean | null {
  const word = cell.toLowerCase()
  return yes.has(word) ? true : no.has(word) ? false : null
}

const isoPattern = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[-+]\d{2}:?\d{2})?)?$/
const localPattern = /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})$/

/** Day and month places of a date like 3/12/2026, in the order written; null when it is no such date. */
export function localDateParts(cell: string): { first: number; second: number; separator: string } | null {
  const match = localPattern.exec(cell)
  return match && { first: Number(match[1]), second: Number(match[3]), separator: match[2]! }
}

/** An ISO date (`2026-11-23`, with time where it was given), or null when the cell is no real date. */
export function parseDate(cell: string, order: 'dmy' | 'mdy'): string | null {
  const iso = isoPattern.exec(cell)
  if (iso) {
    const date = isoDate(Number(iso[1]), Number(iso[2]), Number(iso[3]))
    if (!date || iso[4] === undefined) return date
    if (Number(iso[4]) > 23 || Number(iso[5]) > 59) return null
    return `${date}T${iso[4]!.padStart(2, '0')}:${iso[5]}:${iso[6] ?? '00'}${iso[7] ?? ''}`
  }
  const local = localPattern.exec(cell)
  if (!local) return null
  const [day, month] = order === 'dmy' ? [local[1], local[3]] : [local[3], local[1]]
  return isoDate(Number(local[4]), Number(month), Number(day))
}

function isoDate(year: number, month: number, day: number): string | null {
  const date = new Date(Date.UTC(year, month - 1, day))
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null
  return date.toISOString().slice(0, 10)
}

/** The typed value of a trimmed cell; null when it is missing; undefined when it does not fit the column's kind. */
export function parseCell(cell: string, { kind, decimal, dateOrder, isNumeric }: ColumnType): FieldValue | undefined {
  if (isMissing(cell)) return null
  if (kind === 'number') return parseNumber(cell, decimal) ?? undefined
  if (kind === 'boolean') return parseBoolean(cell) ?? undefined
  if (kind === 'date') return parseDate(cell, dateOrder) ?? undefined
  return kind === 'id' && isNumeric ? (parseNumber(cell, '.') ?? cell) : cell
}
