import { basename, extname } from 'node:path'
import { Readable } from 'node:stream'
import { parse, type CsvError } from 'csv-parse'
import { parse as parseSync } from 'csv-parse/sync'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import { openTextFile, readText, type TextFile } from '../text-file'
import { defineTableFormat, nameColumns } from './define'

const csvOptions = { relax_quotes: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const
const delimiterNames: Record<string, string> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' }

/** CSV and its like: the encoding and what parts the cells are found out. RFC 4180, read leniently. */
export default defineTableFormat({
  id: 'delimited',
  extensions: ['csv', 'tsv', 'tab', 'txt'],

  async open(path, signal) {
    const file = await openTextFile(path, signal)
    const delimiter = findDelimiter(await readHead(file, signal), extname(path))
    const found: string[] = []
    if (file.encoding === 'windows-1252') found.push('The file is not UTF-8; it was read as Windows-1252 (Latin-1).')
    if (delimiter !== ',') found.push(`Cells are parted by ${delimiterNames[delimiter]}.`)
    const { names, isUnnamed, notes } = nameColumns(path, await readHeader(file, delimiter, signal))
    return {
      ...file,
      names,
      isUnnamed,
      declared: {},
      allowsDecimalComma: delimiter !== ',',
      notes: [...found, ...notes],
      unit: 'line',
      rows: (inner) => records(file, delimiter, inner, 1),
    }
  },
})

async function readHeader(file: TextFile, delimiter: string, signal: AbortSignal): Promise<string[]> {
  for await (const { cells } of records(file, delimiter, signal)) return cells
  return []
}

/** Rows from the one after `skip` on; the first is the line of column names. */
async function* records(
  file: TextFile,
  delimiter: string,
  signal: AbortSignal,
  skip = 0,
): AsyncGenerator<{ cells: string[]; at: number }> {
  const options = { ...csvOptions, delimiter, info: true, bom: true, from: skip + 1 } as const
  const parser = Readable.from(readText(file, signal)).pipe(parse(options))
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>)
      yield { cells: record, at: info.lines }
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
