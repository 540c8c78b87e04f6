import { basename, extname } from 'node:path'
import { Readable } from 'node:stream'
import { parse, type CsvError } from 'csv-parse'
import { parse as parseSync } from 'csv-parse/sync'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import type { FieldKind, Skipped } from '@shared/schemas/dataset'
import { ColumnProfile, type ProfiledColumn } from './column-profile'
import { openTextFile, readText, type TextFile } from './text-file'

export interface TableFile extends TextFile {
  delimiter: string
  columns: ProfiledColumn[]
  /** Rows that fit the header. */
  rowCount: number
  skipped: Skipped[]
  skippedCount: number
  notes: string[]
}

const maxListedSkips = 200
const csvOptions = { relax_quotes: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const
const delimiterNames: Record<string, string> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' }

/**
 * Reads a table through once: encoding, delimiter, column names and kinds, and which rows do not fit. Throws
 * `invalid_input` for a file without rows, or one most of whose rows do not have the header's number of cells.
 */
export async function profileTable(
  path: string,
  corrected: Partial<Record<string, FieldKind>>,
  signal: AbortSignal,
  onRows: (done: number) => void = () => {},
): Promise<TableFile> {
  const file = await openTextFile(path, signal)
  const head = await readHead(file, signal)
  const delimiter = findDelimiter(head, extname(path))
  const notes: string[] = []
  if (file.encoding === 'windows-1252') notes.push('The file is not UTF-8; it was read as Windows-1252 (Latin-1).')
  if (delimiter !== ',') notes.push(`Cells are parted by ${delimiterNames[delimiter]}.`)
  const skipped: Skipped[] = []
  let skippedCount = 0
  let rowCount = 0
  let profiles: ColumnProfile[] | null = null
  for await (const { cells, line } of records(file, delimiter, signal)) {
    if (!profiles) {
      const header = fixHeader(cells)
      notes.push(...header.notes)
      profiles = header.names.map((name, at) => new ColumnProfile(name, at, delimiter, !cells[at]))
      continue
    }
    if (!fits(cells, profiles.length)) {
      skippedCount++
      if (skipped.length < maxListedSkips) skipped.push(raggedRow(path, line, profiles.length, cells.length))
      continue
    }
    for (let at = 0; at < profiles.length; at++) profiles[at]!.add(cells[at]!)
    if (++rowCount % 1000 === 0) onRows(rowCount)
  }
  refuseWithoutRows(path, profiles?.length ?? 0, rowCount, skippedCount, skipped)
  if (skippedCount > skipped.length)
    notes.push(`${skippedCount} rows were left out; the first ${skipped.length} are listed.`)
  const columns = profiles!.map((profile) => profile.result(corrected[profile.name]))
  notes.push(...columns.flatMap(({ note }) => (note ? [note] : [])))
  return { ...file, delimiter, columns, rowCount, skipped, skippedCount, notes }
}

/** The rows that fit, in the file's order. */
export async function* readRows(table: TableFile, signal: AbortSignal): AsyncGenerator<string[]> {
  let isHeader = true
  for await (const { cells } of records(table, table.delimiter, signal)) {
    if (!isHeader && fits(cells, table.columns.length)) yield cells
    isHeader = false
  }
}

/** More cells than columns are fine when the surplus is empty (lines that end with delimiters). */
const fits = (cells: string[], expected: number) =>
  cells.length === expected || (cells.length > expected && cells.slice(expected).every((cell) => cell === ''))

const raggedRow = (path: string, line: number, expected: number, got: number): Skipped => ({
  path: `${basename(path)}, line ${line}`,
  reason: `Expected ${expected} cells, got ${got}.`,
})

function refuseWithoutRows(
  path: string,
  columns: number,
  rows: number,
  skippedCount: number,
  skipped: Skipped[],
): void {
  const name = basename(path)
  if (rows + skippedCount === 0) {
    const found = columns > 0 ? 'only a line of column names' : 'nothing'
    throw new WorkbenchError('invalid_input', `"${name}" has ${found}; a table needs rows below its column names.`)
  }
  if (skippedCount <= rows) return
  throw new WorkbenchError(
    'invalid_input',
    `Most rows of "${name}" do not fit its ${columns} columns (${skippedCount} of ${rows + skippedCount}; ${skipped[0]!.path}: ${skipped[0]!.reason}) Check the delimiter and the quotation marks.`,
    { skipped },
  )
}

async function* records(
  file: TextFile,
  delimiter: string,
  signal: AbortSignal,
): AsyncGenerator<{ cells: string[]; line: number }> {
  const parser = Readable.from(readText(file, signal)).pipe(parse({ ...csvOptions, delimiter, info: true, bom: true }))
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>)
      yield { cells: record, line: info.lines }
  } catch (error) {
    throwIfAborted(signal)
    throw csvError(file.path, error as CsvError)
  }
}

function csvError(path: string, error: CsvError): Error {
  if (!String(error.code).startsWith('CSV_')) return error
  const line = (error as { lines?: number }).lines
  const what =
    error.code === 'CSV_QUOTE_NOT_CLOSED'
      ? `A quotation mark that opens a cell is never closed (near line ${line}).`
      : `Line ${line}: ${error.message}.`
  return new WorkbenchError('invalid_input', `"${basename(path)}" could not be read as a table. ${what}`)
}

async function readHead(file: TextFile, signal: AbortSignal): Promise<string> {
  let head = ''
  for await (const text of readText(file, signal)) {
    head += text
    if (head.length >= 65_536) break
  }
  return head.replace(/^\uFEFF/, '')
}

/** The delimiter that cuts the first lines into the most cells of an equal number. */
function findDelimiter(head: string, extension: string): string {
  const candidates = extension.toLowerCase() === '.tsv' ? ['\t', ',', ';', '|'] : [',', ';', '\t', '|']
  let best = { delimiter: candidates[0]!, score: 0 }
  for (const delimiter of candidates) {
    const score = regularity(head, delimiter)
    if (score > best.score) best = { delimiter, score }
  }
  return best.delimiter
}

function regularity(head: string, delimiter: string): number {
  const rows = parseHead(head, delimiter)
  const columns = rows[0]?.length ?? 0
  if (columns < 2) return 0
  const regular = rows.filter((row) => row.length === columns).length / rows.length
  return regular * regular * Math.log2(columns)
}

function parseHead(head: string, delimiter: string): string[][] {
  const rows: string[][] = []
  const keep = (row: string[]) => (rows.push(row), null)
  try {
    parseSync(head, { ...csvOptions, delimiter, to: 50, on_record: keep })
  } catch {
    // The piece may end within a quoted cell; what was read until there tells enough.
  }
  return rows
}

function fixHeader(cells: string[]): { names: string[]; notes: string[] } {
  const notes: string[] = []
  const taken = new Set<string>()
  const names = cells.map((cell, at) => {
    const wanted = cell.replace(/\s+/g, ' ').replace('__proto__', 'proto') || `column ${at + 1}`
    let name = wanted
    for (let n = 2; taken.has(name); n++) name = `${wanted} (${n})`
    taken.add(name)
    if (!cell) notes.push(`Column ${at + 1} has no name; it is called "${name}".`)
    else if (name !== wanted)
      notes.push(`"${wanted}" names more than one column; column ${at + 1} is called "${name}".`)
    return name
  })
  if (cells.length > 1 && cells.every((cell) => cell !== '' && !Number.isNaN(Number(cell))))
    notes.push('The first line holds only numbers; it was taken as column names all the same.')
  return { names, notes }
}
