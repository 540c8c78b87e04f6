import { longestColumn } from '@shared/texts'
import { openTable } from './table-file'

const looked = 200
const mostColumns = 3
/** Words of a cell that make it a text. */
const wordsOfText = 8

/** Whether a table is a column of texts with little besides, as far as its first rows tell. */
export async function looksLikeTexts(path: string, signal: AbortSignal): Promise<boolean> {
  const table = await openTable(path, signal).catch(() => null)
  if (!table || table.names.length > mostColumns) return false
  const rows: string[][] = []
  for await (const row of table.rows(signal)) {
    if ('cells' in row) rows.push(row.cells)
    if (rows.length >= looked) break
  }
  const longest = longestColumn(table.names, rows)
  if (!longest || longest.words < wordsOfText) return false
  const at = table.names.indexOf(longest.name)
  return new Set(rows.map((cells) => cells[at])).size > 0.9 * rows.length
}
