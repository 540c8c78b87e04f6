import { resolve } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import { isTableName } from '@shared/file-kinds'
import type { FieldKind, FieldValue, Modality, Skipped, Split } from '@shared/schemas/dataset'
import type { ScannedPicture } from '../worker/protocol'
import type { ServiceContext } from './context'
import type { Progress } from './tasks'

/** What was read from files and is not stored yet. Nothing of an import touches the database before all of it is here. */
export interface Incoming {
  modality: Modality
  /** Folder of the pictures, or the table's file. */
  sourcePath: string
  pictures: ScannedPicture[]
  rows: Record<string, FieldValue>[]
  fields: { name: string; kind: FieldKind }[]
  /** The table's file as it was read. */
  source: SourceFile | null
  skipped: Skipped[]
  notes: string[]
}

export interface SourceFile {
  path: string
  /** SHA-256 of its bytes, hex. */
  hash: string
  sizeBytes: number
  /** Epoch ms. */
  modifiedAt: number
}

export type Placed = { split: Split | null; className: string | null }

type Reader = Pick<ServiceContext, 'jobs'>

/** Decodes pictures in the decoding process. */
export async function readPictures(
  { jobs }: Reader,
  paths: string[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Incoming> {
  const pictures: ScannedPicture[] = []
  const skipped: Skipped[] = []
  const { root } = await jobs.run(
    'decode',
    'scan-pictures',
    { paths },
    {
      signal,
      onEvent: (event) => {
        pictures.push(...event.pictures)
        skipped.push(...event.skipped)
        progress(event.done, event.total)
      },
    },
  )
  return { modality: 'image', sourcePath: root, pictures, rows: [], fields: [], source: null, skipped, notes: [] }
}

/** Parses a table in the decoding process; `kinds` are those that the user corrected. */
export async function readTable(
  { jobs }: Reader,
  path: string,
  kinds: Partial<Record<string, FieldKind>>,
  signal: AbortSignal,
  progress: Progress,
): Promise<Incoming> {
  const rows: Record<string, FieldValue>[] = []
  const skipped: Skipped[] = []
  const { fields, notes, ...file } = await jobs.run(
    'decode',
    'read-table',
    { path, kinds },
    {
      signal,
      onEvent: (event) => {
        rows.push(...event.rows)
        skipped.push(...event.skipped)
        progress(event.done, event.total)
      },
    },
  )
  const source = { path, hash: file.hash, sizeBytes: file.sizeBytes, modifiedAt: file.modifiedAt }
  return { modality: 'table', sourcePath: path, pictures: [], rows, fields, source, skipped, notes }
}

/** What these paths hold, as the decoding process tells. */
export async function recognise({ jobs }: Reader, paths: string[], signal: AbortSignal): Promise<Modality> {
  return (await jobs.run('decode', 'recognise', { paths }, { signal })).modality
}

type Wanted = { paths: string[]; kinds: Partial<Record<string, FieldKind>> }

/** How each kind of data is read. */
export const readers: Record<
  Modality,
  (reader: Reader, wanted: Wanted, signal: AbortSignal, progress: Progress) => Promise<Incoming>
> = {
  image: (reader, { paths }, signal, progress) => readPictures(reader, paths, signal, progress),
  table: (reader, { paths, kinds }, signal, progress) => readTable(reader, onlyOne(paths), kinds, signal, progress),
}

function onlyOne(paths: string[]): string {
  if (paths.length === 1) return paths[0]!
  throw new WorkbenchError(
    'invalid_input',
    `Expected one table, got ${paths.length} files. Import one, then add the others to it.`,
  )
}

export const isTablePath = (paths: string[]) => paths.length === 1 && isTableName(paths[0]!)

export const absolute = (paths: string[]) => [...new Set(paths.map((path) => resolve(path)))]
