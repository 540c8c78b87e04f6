import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import { interleave, mostValues, splitOfName, type OneSeries, type SeriesSource } from './define'

interface Header {
  hasLabels: boolean
  hasTimes: boolean
}

/**
 * The `.ts` format of the UEA and UCR archives: lines of `@key value`, then `@data` and a series a line, its channels parted
 * by colons, its steps by commas, the class last (Bagnall et al., "The UEA multivariate time series classification archive",
 * 2018). Several files are read as one; `_TRAIN` and `_TEST` in their names are splits.
 */
export async function openTsFiles(paths: string[], signal: AbortSignal): Promise<SeriesSource> {
  const skipped: SeriesSource['skipped'] = []
  const channelCount = await firstWidth(paths, signal)
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size))
  return {
    layout: `${paths.length > 1 ? `${paths.length} files` : 'A file'} of the UEA and UCR archives (.ts).`,
    channels: Array.from({ length: channelCount }, (_, at) => `channel ${at + 1}`),
    notes: [],
    skipped,
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
    async *read(inner) {
      skipped.length = 0
      for (const path of paths) yield* readFile(path, channelCount, skipped, inner)
    },
  }
}

async function firstWidth(paths: string[], signal: AbortSignal): Promise<number> {
  const skipped: SeriesSource['skipped'] = []
  for (const path of paths)
    for await (const { values, steps } of readFile(path, null, skipped, signal)) return values.length / steps
  const why = skipped[0] ? ` ${skipped[0].path}: ${skipped[0].reason}` : ''
  throw new WorkbenchError('invalid_input', `"${basename(paths[0]!)}" holds no series that can be read.${why}`)
}

async function* readFile(
  path: string,
  channelCount: number | null,
  skipped: SeriesSource['skipped'],
  signal: AbortSignal,
): AsyncGenerator<OneSeries> {
  const name = basename(path)
  const split = splitOfName(name)
  const header: Header = { hasLabels: false, hasTimes: false }
  let isData = false
  let line = 0
  let count = 0
  const lines = createInterface({ input: createReadStream(path, { encoding: 'utf8' }), crlfDelay: Infinity })
  try {
    for await (const raw of lines) {
      throwIfAborted(signal)
      line++
      const text = raw.trim()
      if (text === '' || text.startsWith('#') || text.startsWith('%')) continue
      if (!isData) {
        isData = readHeader(text, header)
        if (!isData && !text.startsWith('@')) throw noTsFile(name, `line ${line} stands before "@data"`)
        continue
      }
      const series = parseLine(text, header)
      const problem = problemOf(series, channelCount)
      if (problem) skipped.push({ path: `${name}, line ${line}`, reason: problem })
      else yield { name: `${name}#${++count}`, split, className: series.className, ...interleave(series.channels) }
    }
  } finally {
    lines.close()
  }
  if (!isData) throw noTsFile(name, 'there is no line "@data"')
}

const noTsFile = (name: string, why: string) =>
  new WorkbenchError(
    'invalid_input',
    `"${name}" is no file of series: ${why}. Expected the .ts format of the UEA and UCR archives.`,
  )

/** True at the line from which on the data stand. */
function readHeader(text: string, header: Header): boolean {
  const [key = '', ...rest] = text.toLowerCase().split(/\s+/)
  const isOn = rest[0] === 'true'
  if (key === '@classlabel') header.hasLabels = isOn
  if (key === '@timestamps') header.hasTimes = isOn
  return key === '@data'
}

interface Parsed {
  className: string | null
  channels: number[][]
}

function parseLine(text: string, { hasLabels, hasTimes }: Header): Parsed {
  const parts = text.split(':')
  const label = hasLabels ? parts.pop()!.trim() : ''
  const channels = parts.map((part) => (hasTimes ? timed(part) : part.split(',').map(valueOf)))
  return { className: label === '' || label === '?' ? null : label, channels }
}

/** `(0,2.5),(1,2.7)`: each value with its time, of which the order is kept. */
const timed = (part: string) => [...part.matchAll(/\(([^()]*),([^(),]*)\)/g)].map(([, , value]) => valueOf(value!))

const valueOf = (text: string) => {
  const word = text.trim()
  return word === '' || word === '?' ? NaN : Number(word)
}

function problemOf({ channels }: Parsed, expected: number | null): string | null {
  if (channels.length === 0 || channels.every(({ length }) => length === 0)) return 'It has no values.'
  if (expected !== null && channels.length !== expected) return `Expected ${expected} channels, got ${channels.length}.`
  if (channels.length * Math.max(...channels.map(({ length }) => length)) > mostValues) return 'It is too long.'
  if (channels.every((channel) => channel.every((value) => !Number.isFinite(value))))
    return 'None of its values is a number.'
  return null
}
