import { WorkbenchError } from '@shared/errors'
import type { FieldKind, FieldValue, Skipped, Split } from '@shared/schemas/dataset'
import { fileFields, isOfFiles, longestColumn } from '@shared/texts'
import { nothingYet, onlyOne, readTable, type Incoming, type Reader } from './incoming'
import type { Progress } from './tasks'

/** `text` and `target` are those that the user named. */
export type Wanted = { paths: string[]; kinds: Partial<Record<string, FieldKind>>; text?: string; target?: string }

/** What a column of labels is called where texts come without one. */
const labelField = 'label'

/** Reads texts: of files, or of the rows of a table whose column `text` is read, and `target` predicted. */
export async function readTexts(
  reader: Reader,
  { paths, kinds, text, target }: Wanted,
  signal: AbortSignal,
  progress: Progress,
): Promise<Incoming> {
  if (isOfFiles(paths)) return readTextFiles(reader, paths, signal, progress)
  const isNamed = text !== undefined
  const read = await readTable(reader, onlyOne(paths), isNamed ? { ...kinds, [text]: 'text' } : kinds, signal, progress)
  const names = read.fields.map(({ name }) => name)
  const chosen = text ?? longestColumn(names, headOf(read.rows, names))!.name
  if (!names.includes(chosen))
    throw new WorkbenchError(
      'invalid_input',
      `The table has no column "${chosen}". Its columns are: ${names.join(', ')}.`,
    )
  const fields = read.fields.map((field) => (field.name === chosen ? { name: chosen, kind: 'text' as const } : field))
  const incoming = { ...read, modality: 'text' as const, fields, text: chosen }
  for (const row of incoming.rows) if (row[chosen] !== null) row[chosen] = String(row[chosen])
  return target === undefined ? withLabels(incoming) : incoming
}

const headOf = (rows: Incoming['rows'], names: string[]) =>
  rows.slice(0, 200).map((row) => names.map((name) => (typeof row[name] === 'string' ? String(row[name]) : '')))

/** Adds an empty column for the labels to come. */
function withLabels(incoming: Incoming): Incoming {
  if (incoming.fields.some(({ name }) => name === labelField)) return incoming
  for (const row of incoming.rows) row[labelField] = null
  return { ...incoming, fields: [...incoming.fields, { name: labelField, kind: 'category' }] }
}

/** The column of labels of texts for which none was named: the classes of their folders, or the empty one. */
export const ownTarget = ({ modality, fields }: Incoming, named: string | undefined): string | null => {
  if (named !== undefined || modality !== 'text') return named ?? null
  return fields.find(({ name }) => name === fileFields.class || name === labelField)?.name ?? null
}

async function readTextFiles(
  { jobs }: Reader,
  paths: string[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Incoming> {
  const rows: Record<string, FieldValue>[] = []
  const splits: (Split | null)[] = []
  const skipped: Skipped[] = []
  const { root, notes, sizeBytes } = await jobs.run(
    'decode',
    'read-texts',
    { paths },
    {
      signal,
      onEvent: (event) => {
        rows.push(...event.rows)
        splits.push(...event.splits)
        skipped.push(...event.skipped)
        progress(event.done, event.total)
      },
    },
  )
  const fields = [
    { name: fileFields.file, kind: 'id' as const },
    { name: fileFields.text, kind: 'text' as const },
    { name: fileFields.class, kind: 'category' as const },
  ]
  const text = fileFields.text
  return { ...nothingYet, modality: 'text', sourcePath: root, rows, splits, fields, text, skipped, notes, sizeBytes }
}
