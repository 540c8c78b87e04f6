import { basename, extname } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { FieldValue, Inspection } from '@shared/schemas/dataset'
import { parseCell } from '@shared/cells'
import { isTableName, tableExtensions } from '@shared/file-kinds'
import type { ProfiledColumn } from '../decode/column-profile'
import { profileTable, readRows } from '../decode/table-file'
import { defineModality } from './define'

const headRows = 50
const targetName = /^(target|label|labels|class|y|outcome|survived|species|diagnosis|credit_risk|risk)$/i

/** Rows of a table, in any of the formats in `decode/tables/`: one person, one measurement each. */
export default defineModality({
  id: 'table',
  title: 'Table',
  extensions: [...tableExtensions],
  viewer: 'table',
  labelKinds: ['class'],

  accepts: (paths) => paths.every(({ path, isFolder }) => !isFolder && isTableName(path)),

  async inspect(paths, { signal, progress }): Promise<Inspection> {
    const path = onlyTable(paths)
    const table = await profileTable(path, {}, signal, (rows) => progress(rows, null))
    const head: Record<string, FieldValue>[] = []
    for await (const cells of readRows(table, signal)) {
      head.push(typedRow(table.columns, cells).values)
      if (head.length >= headRows) break
    }
    return {
      modality: 'table',
      choices: ['table'],
      suggestedName: basename(path, extname(path)),
      sampleCount: table.rowCount,
      classes: [],
      splits: [],
      fields: table.columns.map((column) => ({
        name: column.name,
        kind: column.kind,
        missing: column.missing,
        distinct: column.distinct,
        examples: column.examples.map((cell) => parseCell(cell, column) ?? null),
      })),
      head,
      suggestedTarget: suggestTarget(table.columns),
      notes: table.notes,
      skipped: table.skipped,
    }
  },
})

/** A dataset is one table; further files of the same columns can be added afterwards. */
export function onlyTable(paths: string[]): string {
  if (paths.length === 1) return paths[0]!
  throw new WorkbenchError(
    'invalid_input',
    `Expected one table, got ${paths.length} files. Import one, then add the others to it.`,
  )
}

/** One row by field name. Cells that do not fit their column's kind count as missing and are told by `misfits`. */
export function typedRow(
  columns: ProfiledColumn[],
  cells: string[],
): { values: Record<string, FieldValue>; misfits: number[] } {
  const values: Record<string, FieldValue> = {}
  const misfits: number[] = []
  columns.forEach((column, at) => {
    const value = parseCell(cells[at]!, column)
    if (value === undefined) misfits.push(at)
    values[column.name] = value ?? null
  })
  return { values, misfits }
}

/** A column named like a target, else the last one of few values; only a suggestion. */
function suggestTarget(columns: ProfiledColumn[]): string | null {
  const fit = columns.filter(({ kind, distinct }) =>
    kind === 'category' || kind === 'boolean' ? distinct <= 100 : kind === 'number' && distinct <= 20,
  )
  const named = fit.filter(({ name }) => targetName.test(name)).at(-1)
  const few = fit.filter(({ kind, distinct }) => kind !== 'number' && distinct >= 2 && distinct <= 20).at(-1)
  const last = fit.at(-1)?.name === columns.at(-1)?.name ? fit.at(-1) : undefined
  return (named ?? last ?? few)?.name ?? null
}
