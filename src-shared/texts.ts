import { isTableName } from './file-kinds'

/** Columns of a dataset whose texts lie in files of their own. */
export const fileFields = { file: 'file', text: 'text', class: 'class' } as const

export const isTextFile = (path: string) => /\.txt$/i.test(path)

/** Whether texts lie in files of their own (a folder counts as such), not in a table. */
export const isOfFiles = (paths: string[]) => paths.length > 1 || !isTableName(paths[0]!) || isTextFile(paths[0]!)

const wordsIn = (cell: string) => cell.split(/\s+/).filter(Boolean).length

/** The column with the longest texts of some rows, and how many words these have on average. */
export function longestColumn(names: string[], rows: string[][]): { name: string; words: number } | null {
  const columns = names.map((name, at) => ({
    name,
    words: rows.reduce((sum, cells) => sum + wordsIn(cells[at] ?? ''), 0) / Math.max(1, rows.length),
  }))
  return columns.reduce<(typeof columns)[number] | null>(
    (best, one) => (!best || one.words > best.words ? one : best),
    null,
  )
}
