import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { toErrorReply, WorkbenchError } from '@shared/errors'
import { isTableName } from '@shared/file-kinds'
import { placeFiles } from '../folder-layout'
import { extensionOf } from '../extension'
import { findFiles, type Found } from '../walk'
import { namesTellSeries } from './columns'
import { splitOfName, type SeriesSource } from './define'
import { openTableSeries, readRecording } from './table-series'
import { openTsFiles } from './ts-file'

/** Extensions of files that hold one recording each, when there are several. */
export const recordingExtensions = ['csv', 'tsv', 'tab']
export const tsExtension = 'ts'

/** Opens what was named as series: `.ts` files, one table, tables named after their splits, or one file per recording. */
export async function openSeries(paths: string[], signal: AbortSignal): Promise<SeriesSource & { root: string }> {
  const { root, files } = await findFiles(paths, signal)
  const at = (extensions: string[]) => files.filter(({ path }) => extensions.includes(extensionOf(path)))
  const ts = at([tsExtension])
  if (ts.length > 0)
    return {
      ...(await openTsFiles(
        ts.map(({ path }) => path),
        signal,
      )),
      root,
    }
  const tables = files.length === 1 ? files.filter(({ path }) => isTableName(path)) : at(recordingExtensions)
  const [first] = tables
  if (!first)
    throw new WorkbenchError(
      'invalid_input',
      `"${paths[0]}" holds no series. Expected .ts files, a table, or a folder of CSV files, one per recording.`,
    )
  if (tables.length === 1 && first.isLoose) return { ...(await openTableSeries(first.path, signal)), root: first.path }
  if (tables.every(({ path }) => splitOfName(basename(path)) !== null))
    return { ...(await openSplitTables(tables, signal)), root }
  return { ...(await openRecordings(tables, signal)), root }
}

/** `GunPoint_TRAIN.csv` and `GunPoint_TEST.csv`: tables of the same channels, a split each. */
async function openSplitTables(files: Found['files'], signal: AbortSignal): Promise<SeriesSource> {
  const sources: SeriesSource[] = []
  for (const { path } of files) sources.push(await openTableSeries(path, signal))
  const [first] = sources
  const different = sources.findIndex(({ channels }) => channels.length !== first!.channels.length)
  if (different > 0)
    throw new WorkbenchError(
      'invalid_input',
      `"${files[different]!.relative}" has ${sources[different]!.channels.length} channels, and "${files[0]!.relative}" has ${first!.channels.length}. Expected the same.`,
    )
  return {
    layout: `${files.length} tables, a split each. ${first!.layout}`,
    channels: first!.channels,
    notes: [...new Set(sources.flatMap(({ notes }) => notes))],
    skipped: sources.flatMap(({ skipped }) => skipped),
    sizeBytes: sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    async *read(inner) {
      for (const source of sources) yield* source.read(inner)
    },
  }
}

/** Recordings that are read to tell the channels. */
const lookedAt = 20

/** One file per recording, a row a step; folders are classes. */
async function openRecordings(files: Found['files'], signal: AbortSignal): Promise<SeriesSource> {
  const places = placeFiles(files.map((file) => (file.isLoose ? basename(file.path) : file.relative)))
  const channels = await commonChannels(files, signal)
  const skipped: SeriesSource['skipped'] = []
  return {
    layout: `One file per recording, a row a step; channels: ${channels.slice(0, 8).join(', ')}${channels.length > 8 ? ' …' : ''}.`,
    channels,
    notes: [],
    skipped,
    sizeBytes: 0,
    async *read(inner) {
      skipped.length = 0
      for (const [i, { path, relative }] of files.entries()) {
        const recording = await readRecording(path, channels, inner).catch((error: unknown) => {
          const { code, message } = toErrorReply(error)
          if (code === 'cancelled') throw error
          return message
        })
        if (recording === null)
          skipped.push({ path: relative, reason: `It lacks one of the columns ${channels.join(', ')}.` })
        else if (typeof recording === 'string') skipped.push({ path: relative, reason: recording })
        else yield { name: relative, ...places[i]!, steps: recording.steps, values: recording.values }
      }
    },
  }
}

/** The channels that most of the first recordings have. */
async function commonChannels(files: Found['files'], signal: AbortSignal): Promise<string[]> {
  const counts = new Map<string, { channels: string[]; count: number }>()
  let why = ''
  for (const { path, relative } of files.slice(0, lookedAt)) {
    const found = await readRecording(path, null, signal).catch((error: unknown) => {
      const { code, message } = toErrorReply(error)
      if (code === 'cancelled') throw error
      return message
    })
    if (found === null || typeof found === 'string') {
      why ||= found === null ? ` "${relative}" has no column of numbers.` : ` ${found}`
      continue
    }
    const key = found.channels.join('\n')
    counts.set(key, { channels: found.channels, count: (counts.get(key)?.count ?? 0) + 1 })
  }
  const [most] = [...counts.values()].sort((a, b) => b.count - a.count)
  if (most) return most.channels
  throw new WorkbenchError(
    'invalid_input',
    `No recording could be read.${why} Expected a row per step and a column per channel.`,
  )
}

const headBytes = 65_536

/** Whether a table's first line tells that its rows are series or steps of series. */
export async function looksLikeSeries(path: string): Promise<boolean> {
  if (!recordingExtensions.includes(extensionOf(path))) return false
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    const [line = ''] = buffer
      .subarray(0, bytesRead)
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)
    const cells = [',', ';', '\t'].map((delimiter) => line.split(delimiter)).sort((a, b) => b.length - a.length)[0]!
    return namesTellSeries(cells.map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')))
  } finally {
    await file.close()
  }
}
