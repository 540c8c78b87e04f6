/** A row of a sparse matrix: columns and their values. */
export interface SparseRow {
  columns: Int32Array
  values: Float64Array
}

/** Words of two characters and more in small letters, as scikit-learn's vectoriser takes them by default. */
const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? []

/**
 * Texts as weighted counts of words (Salton & Buckley, 1988): count times ln((1 + n) / (1 + texts with the word)) + 1,
 * each text scaled to length 1. Fitted on training texts; words that these lack count for nothing.
 */
export function fitTfIdf(texts: string[]): { width: number; rows(texts: string[]): SparseRow[] } {
  const column = new Map<string, number>()
  const seenIn: number[] = []
  for (const text of texts)
    for (const word of new Set(wordsOf(text))) {
      const at = column.get(word) ?? column.size
      column.set(word, at)
      seenIn[at] = (seenIn[at] ?? 0) + 1
    }
  const weights = seenIn.map((count) => Math.log((1 + texts.length) / (1 + count)) + 1)
  const row = (text: string): SparseRow => {
    const counts = new Map<number, number>()
    for (const word of wordsOf(text)) {
      const at = column.get(word)
      if (at !== undefined) counts.set(at, (counts.get(at) ?? 0) + 1)
    }
    const columns = Int32Array.from(counts.keys())
    const values = Float64Array.from(counts, ([at, count]) => count * weights[at]!)
    const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
    return { columns, values: values.map((value) => value / (length || 1)) }
  }
  return { width: column.size, rows: (given) => given.map(row) }
}
