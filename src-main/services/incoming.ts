import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import { isTableName } from '@shared/file-kinds'
import type { FieldKind, FieldValue, Modality, Skipped, Split } from '@shared/schemas/dataset'
import type { ScannedPicture, ScannedSeries } from '../worker/protocol'
import type { ServiceContext } from './context'
import type { Progress } from './tasks'

/** What was read from files and is not stored yet. Nothing of an import touches the database before all of it is here. */
export interface Incoming {
  modality: Modality
  /** Folder of the pictures, or the table's file. */
  sourcePath: string
  pictures: ScannedPicture[]
  /** Series, or the nodes of a graph, that lie in the pack below, in its order. */
  series: ScannedSeries[]
  /** The pack that they were copied into, relative to the workspace's files; null without one. */
  pack: string | null
  rows: Record<string, FieldValue>[]
  fields: { name: string; kind: FieldKind }[]
  /** Texts: splits of the rows that folders fix; empty without any. */
  splits: (Split | null)[]
  /** Texts: the field that is read. */
  text: string | null
  /** The table's file as it was read. */
  source: SourceFile | null
  /** Of the pack; pictures and tables know their own. */
  sizeBytes: number
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

export type Reader = Pick<ServiceContext, 'jobs' | 'paths'>

export const nothingYet = {
  pictures: [],
  series: [],
  pack: null,
  rows: [],
  fields: [],
  splits: [],
  text: null,
  source: null,
  sizeBytes: 0,
}

/** Decodes pictures or clips in the decoding process. */
export async function readPictures(
  { jobs }: Reader,
  modality: 'image' | 'audio',
  paths: string[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Incoming> {
  const pictures: ScannedPicture[] = []
  const skipped: Skipped[] = []
  const { root } = await jobs.run(
    'decode',
    modality === 'audio' ? 'scan-clips' : 'scan-pictures',
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
  return { ...nothingYet, modality, sourcePath: root, pictures, skipped, notes: [] }
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
  return { ...nothingYet, modality: 'table', sourcePath: path, rows, fields, source, skipped, notes }
}

/** Copies series or a graph into a pack of the workspace, in the decoding process. `discardPack` takes it away again. */
export async function readPack(
  { jobs, paths: { files } }: Reader,
  modality: 'series' | 'graph',
  paths: string[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Incoming> {
  const series: ScannedSeries[] = []
  const skipped: Skipped[] = []
  const pack = join(...packNames[modality](randomUUID().slice(0, 8)))
  const { root, notes, sizeBytes } = await jobs.run(
    'decode',
    modality === 'series' ? 'read-series' : 'read-graph',
    { paths, out: join(files, pack) },
    {
      signal,
      onEvent: (event) => {
        series.push(...event.series)
        skipped.push(...event.skipped)
        progress(event.done, event.total)
      },
    },
  )
  return { ...nothingYet, modality, sourcePath: root, series, pack, skipped, notes, sizeBytes }
}

const packNames = {
  series: (id: string) => ['series', `${id}.f32`],
  graph: (id: string) => ['graphs', `${id}.safetensors`],
}

/** What an import that came to nothing leaves in the workspace's files. */
export async function discardPack({ paths }: Pick<ServiceContext, 'paths'>, { pack }: Incoming): Promise<void> {
  if (pack !== null) await rm(join(paths.files, pack), { force: true })
}

/** What these paths hold, as the decoding process tells. */
export async function recognise(
  { jobs }: Pick<Reader, 'jobs'>,
  paths: string[],
  signal: AbortSignal,
): Promise<Modality> {
  return (await jobs.run('decode', 'recognise', { paths }, { signal })).modality
}

/** The one table that an import takes. */
export function onlyOne(paths: string[]): string {
  if (paths.length === 1) return paths[0]!
  throw new WorkbenchError(
    'invalid_input',
    `Expected one table, got ${paths.length} files. Import one, then add the others to it.`,
  )
}

export const isTablePath = (paths: string[]) => paths.length === 1 && isTableName(paths[0]!)

export const absolute = (paths: string[]) => [...new Set(paths.map((path) => resolve(path)))]
