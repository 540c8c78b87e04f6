import { basename, extname } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { FieldKind, Skipped } from '@shared/schemas/dataset'
import { ColumnProfile, type ProfiledColumn } from './column-profile'
import type { TableRow, TableSource } from './tables/define'
import { tableFormats } from './tables'

export interface TableFile extends TableSource {
  columns: ProfiledColumn[]
  /** Rows that fit the columns. */
  rowCount: number
  skipped: Skipped[]
  skippedCount: number
}

const maxListedSkips = 200

/**
 * Reads a table through once: column names and kinds, and which rows do not fit. Throws `invalid_input` for a file
 * without rows, or one most of whose rows do not have the columns' number of cells.
 */
export async function profileTable(
  path: string,
  corrected: Partial<Record<string, FieldKind>>,
  signal: AbortSignal,
  onRows: (done: number) => void = () => {},
): Promise<TableFile> {
  const source = await openTable(path, signal)
  const { names, isUnnamed, declared, allowsDecimalComma } = source
  const notes = [...source.notes]
  const skipped: Skipped[] = []
  let skippedCount = 0
  let rowCount = 0
  const profiles = names.map((name, at) => new ColumnProfile(name, at, allowsDecimalComma, isUnnamed[at]))
  for await (const row of source.rows(signal)) {
    const problem = problemOf(row, names.length)
    if (problem === null) {
      const { cells } = row as { cells: string[] }
      for (let at = 0; at < profiles.length; at++) profiles[at]!.add(cells[at]!)
      if (++rowCount % 1000 === 0) onRows(rowCount)
      continue
    }
    skippedCount++
    if (skipped.length < maxListedSkips)
      skipped.push({ path: `${basename(path)}, ${source.unit} ${row.at}`, reason: problem })
  }
  refuseWithoutRows(path, names.length, rowCount, skippedCount, skipped)
  if (skippedCount > skipped.length)
    notes.push(`${skippedCount} rows were left out; the first ${skipped.length} are listed.`)
  const columns = profiles.map((profile) => profile.result(corrected[profile.name] ?? declared[profile.name]))
  notes.push(...columns.flatMap(({ note }) => (note ? [note] : [])))
  return { ...source, columns, rowCount, skipped, skippedCount, notes }
}

/** The rows that fit, in the file's order. */
export async function* readRows(table: TableFile, signal: AbortSignal): AsyncGenerator<string[]> {
  for await (const row of table.rows(signal))
    if ('cells' in row && problemOf(row, table.columns.length) === null) yield row.cells
}

/** Opens a file as what its extension says; what none names is read as delimited text. */
export function openTable(path: string, signal: AbortSignal): Promise<TableSource> {
  const extension = extname(path).slice(1).toLowerCase()
  const format = tableFormats.find(({ extensions }) => extensions.includes(extension))
  return (format ?? tableFormats.find(({ id }) => id === 'delimited')!).open(path, signal)
}

/** More cells than columns are fine when the surplus is empty (lines that end with delimiters). */
function problemOf(row: TableRow, expected: number): string | null {
  if ('problem' in row) return row.problem
  const { cells } = row
  if (cells.length === expected) return null
  if (cells.length > expected && cells.slice(expected).every((cell) => cell === '')) return null
  return `Expected ${expected} cells, got ${cells.length}.`
}

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
