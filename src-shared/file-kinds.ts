/** Extensions, without the dot, of files that hold one table. The reader of each is in `ml/decode/tables/`. */
export const tableExtensions = ['csv', 'tsv', 'tab', 'txt', 'jsonl', 'ndjson', 'parquet', 'xlsx', 'arff'] as const

/** The same for people: what an import of a table takes. */
export const tableFormatNames = 'CSV, TSV, JSON Lines, Parquet, Excel (.xlsx) or ARFF'

const tableName = new RegExp(`\\.(${tableExtensions.join('|')})$`, 'i')

/** Whether a file of this name is read as a table. */
export const isTableName = (path: string) => tableName.test(path)
