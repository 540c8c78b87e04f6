import type { FieldValue } from '@shared/schemas/dataset'
import { profileTable, readRows, type TableFile } from '../../ml/decode/table-file'
import { typedRow } from '../../ml/modalities/table'
import type { JobHandler } from '../protocol'

const batchRows = 500
/** Keeps a batch of a very wide table small enough for main to take in a few milliseconds. */
const batchCells = 8000

const readTable: JobHandler<'read-table'> = async ({ path, kinds }, { signal, report }) => {
  const table = await profileTable(path, kinds, signal)
  const { columns, rowCount: total } = table
  const size = Math.max(1, Math.min(batchRows, Math.floor(batchCells / columns.length)))
  const misfits = columns.map(() => 0)
  let rows: Record<string, FieldValue>[] = []
  let done = 0
  report({ rows: [], skipped: table.skipped, done, total })
  for await (const cells of readRows(table, signal)) {
    const row = typedRow(columns, cells)
    for (const at of row.misfits) misfits[at]!++
    rows.push(row.values)
    done++
    if (rows.length < size) continue
    report({ rows, skipped: [], done, total })
    rows = []
  }
  report({ rows, skipped: [], done, total })
  return {
    fields: columns.map(({ name, kind }) => ({ name, kind })),
    hash: table.hash,
    sizeBytes: table.sizeBytes,
    modifiedAt: table.modifiedAt,
    notes: [...table.notes, ...misfitNotes(table, misfits)],
  }
}

const misfitNotes = ({ columns }: TableFile, misfits: number[]) =>
  columns.flatMap(({ name, kind }, at) =>
    misfits[at]! > 0 ? [`Cells of "${name}" that are no ${kind} count as missing: ${misfits[at]}.`] : [],
  )

export default readTable
