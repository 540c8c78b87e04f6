/** Extensions, without the dot, of files that hold one table. The reader of each is in `ml/decode/tables/`. */
export const tableExtensions = ['csv', 'tsv', 'tab', 'txt', 'jsonl', 'ndjson', 'parquet', 'xlsx', 'arff'] as const

/** The same for people: what an import of a table takes. */
export const tableFormatNames = 'CSV, TSV, JSON Lines, Parquet, Excel (.xlsx) or ARFF'

const tableName = new RegExp(`\\.(${tableExtensions.join('|')})$`, 'i')

/** Whether a file of this name is read as a table. */
export const isTableName = (path: string) => tableName.test(path)

/** Extensions of archives that are unpacked into the workspace before they are imported. */
export const archiveExtensions = ['zip', 'tar', 'tar.gz', 'tgz'] as const

const archiveName = new RegExp(`\\.(${archiveExtensions.join('|').replace('.', '\\.')})$`, 'i')

export const isArchiveName = (path: string) => archiveName.test(path)

/** A file's name without what tells its kind: `pets.tar.gz` → `pets`. */
export const bareName = (path: string) => {
  const name = path.split(/[\\/]/).at(-1)!
  return name.replace(archiveName, '').replace(/(?<=.)\.[^.]*$/, '')
}

/** How the names of clips that can be read end, and what a browser calls them. */
export const clipTypes: Readonly<Record<string, string>> = {
  wav: 'audio/wav',
  flac: 'audio/flac',
  mp3: 'audio/mpeg',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/ogg',
}

export const clipExtensions = Object.keys(clipTypes)
