import { WorkbenchError } from '@shared/errors'
import type { FieldKind } from '@shared/schemas/dataset'
import type { FileFacts } from '../file-facts'

/** One row as text, or why it cannot be read. `at`: its line or row in the file, from 1. */
export type TableRow = { at: number } & ({ cells: string[] } | { problem: string })

/** A table that was opened: its columns are known, its rows can be read as often as wanted. */
export interface TableSource extends FileFacts {
  /** Distinct and non-empty. */
  names: string[]
  /** Which columns had no name of their own. */
  isUnnamed: boolean[]
  /** Kinds that the file itself declares; what the user corrected goes before them. */
  declared: Partial<Record<string, FieldKind>>
  /** Whether a cell like 3,5 may be a number. */
  allowsDecimalComma: boolean
  notes: string[]
  /** What `at` counts. */
  unit: 'line' | 'row'
  rows(signal: AbortSignal): AsyncGenerator<TableRow>
}

/**
 * A file format that holds one table: one file in `tables/`. Cells come as trimmed text whatever the format, so that
 * kinds, missing values and misfits are the same for all.
 */
export interface TableFormat {
  id: string
  /** Without the dot; all of them are in `tableExtensions`. */
  extensions: readonly string[]
  open(path: string, signal: AbortSignal): Promise<TableSource>
}

export const defineTableFormat = (format: TableFormat): TableFormat => format

export const mostColumns = 20_000

/** Names for the columns of a table: each distinct and non-empty, with a note where that took a change. */
export function nameColumns(path: string, cells: string[]): Pick<TableSource, 'names' | 'isUnnamed' | 'notes'> {
  if (cells.length > mostColumns)
    throw new WorkbenchError(
      'invalid_input',
      `"${path}" has more than ${mostColumns} columns. Expected one row per sample; is the table on its side?`,
    )
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
  return { names, isUnnamed: cells.map((cell) => !cell), notes }
}
