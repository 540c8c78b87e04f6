import { open, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import type { AsyncBuffer, Compressors, FileMetaData } from 'hyparquet'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import { fileFacts } from '../file-facts'
import { defineTableFormat, nameColumns, type TableRow } from './define'

/** One row group is decoded at a time, so its size is what a file may take of the memory. */
const groupLimitBytes = 1024 ** 3
const groupLimitCells = 50e6
const pageLimitBytes = 256 * 1024 ** 2

/** Apache Parquet with any of its usual compressions. Nested values are kept as JSON text. */
export default defineTableFormat({
  id: 'parquet',
  extensions: ['parquet'],

  async open(path, signal) {
    const facts = await fileFacts(path, signal)
    const { metadata, keys } = await withFile(path, async (file) => {
      const { parquetMetadataAsync, parquetSchema } = await import('hyparquet')
      const found = await parquetMetadataAsync(file, { parsers, geoparquet: false })
      refuseLargeGroups(path, found)
      return { metadata: found, keys: parquetSchema(found).children.map(({ element }) => element.name) }
    })
    return {
      ...facts,
      ...nameColumns(path, keys),
      declared: {},
      allowsDecimalComma: true,
      unit: 'row',
      rows: (inner) => readRows(path, metadata, keys, inner),
    }
  },
})

function refuseLargeGroups(path: string, { row_groups, schema }: FileMetaData): void {
  for (const group of row_groups) {
    const bytes = group.columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0)
    const cells = Number(group.num_rows) * schema.length
    if (bytes <= groupLimitBytes && cells <= groupLimitCells && cells >= 0) continue
    throw new WorkbenchError(
      'invalid_input',
      `A row group of "${basename(path)}" holds ${group.num_rows} rows in ${Math.round(bytes / 1024 ** 2)} MiB; at most 50 million cells in 1 GiB are read at once. Write the file again with smaller row groups.`,
    )
  }
}

async function* readRows(
  path: string,
  metadata: FileMetaData,
  keys: string[],
  signal: AbortSignal,
): AsyncGenerator<TableRow> {
  const isFloat = keys.map((key) => metadata.schema.some(({ name, type }) => name === key && type === 'FLOAT'))
  let rowStart = 0
  for (const { num_rows } of metadata.row_groups) {
    throwIfAborted(signal)
    const rowEnd = rowStart + Number(num_rows)
    const range = { rowStart, rowEnd }
    const rows = await withFile(path, async (file) => {
      const { parquetReadObjects } = await import('hyparquet')
      return parquetReadObjects({
        file,
        metadata,
        ...range,
        compressors: await limitedCompressors(),
        parsers,
        geoparquet: false,
      })
    })
    for (const row of rows) yield { at: ++rowStart, cells: keys.map((key, at) => cellOf(row[key], isFloat[at]!)) }
    rowStart = rowEnd
  }
}

/** Runs the reader on the file; whatever it throws about damaged bytes becomes `invalid_input`. */
async function withFile<T>(path: string, read: (file: AsyncBuffer) => Promise<T>): Promise<T> {
  const handle = await open(path, 'r')
  try {
    return await read(await bufferOf(handle))
  } catch (error) {
    if (error instanceof WorkbenchError) throw error
    throw new WorkbenchError(
      'invalid_input',
      `"${basename(path)}" could not be read as Parquet; it may be damaged, cut off or encrypted (${(error as Error).message}).`,
    )
  } finally {
    await handle.close()
  }
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat()
  return {
    byteLength: size,
    async slice(start, end = size) {
      const length = Math.min(end, size) - start
      if (!(length >= 0 && start >= 0)) throw new Error('it refers to bytes outside of itself')
      const bytes = new Uint8Array(length)
      const { bytesRead } = await handle.read(bytes, 0, length, start)
      if (bytesRead < length) throw new Error('it ends too early')
      return bytes.buffer
    },
  }
}

/** Decompressors that refuse a page which claims to become enormous, before it takes the memory. */
async function limitedCompressors(): Promise<Compressors> {
  const { compressors } = await import('hyparquet-compressors')
  const limited = Object.entries(compressors).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, outputLength: number) => {
      if (outputLength > pageLimitBytes) throw new Error('a page of it claims more than 256 MiB')
      return decompress(input, outputLength)
    },
  ])
  return Object.fromEntries(limited) as Compressors
}

const dateText = (date: Date) => (Number.isNaN(date.getTime()) ? '' : date.toISOString())
const timeText = (ms: number) => dateText(new Date(ms)).slice(0, 19)

const parsers = {
  dateFromDays: (days: number) => dateText(new Date(days * 86_400_000)).slice(0, 10),
  timestampFromMilliseconds: (time: bigint) => timeText(Number(time)),
  timestampFromMicroseconds: (time: bigint) => timeText(Number(time / 1000n)),
  timestampFromNanoseconds: (time: bigint) => timeText(Number(time / 1_000_000n)),
}

function cellOf(value: unknown, isFloat: boolean): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return numberText(value, isFloat)
  if (value instanceof Date) return dateText(value)
  if (typeof value === 'object')
    return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part))
  return String(value).trim()
}

/** A 32-bit number with the fewest digits that name it: 0.1 and not 0.10000000149011612. What is not finite is missing. */
function numberText(value: number, isFloat: boolean): string {
  if (!Number.isFinite(value)) return ''
  if (isFloat) {
    for (let digits = 6; digits < 9; digits++) {
      const short = Number(value.toPrecision(digits))
      if (Math.fround(short) === value) return String(short)
    }
  }
  return String(value)
}
