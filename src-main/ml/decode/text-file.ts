import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { throwIfAborted, WorkbenchError } from '@shared/errors'

export interface TextFile {
  path: string
  encoding: 'utf-8' | 'utf-16le' | 'windows-1252'
  /** SHA-256 of the bytes, hex. */
  hash: string
  sizeBytes: number
  /** Epoch ms. */
  modifiedAt: number
}

/** Reads a file through once: finds its encoding and its hash. Not UTF-8 and without a mark: taken as Windows-1252. */
export async function openTextFile(path: string, signal: AbortSignal): Promise<TextFile> {
  const facts = await stat(path).catch(() => {
    throw new WorkbenchError('not_found', `There is no file "${path}". Check the path.`)
  })
  if (facts.size === 0)
    throw new WorkbenchError('invalid_input', `"${path}" is empty. A table needs a line of column names and rows.`)
  const hash = createHash('sha256')
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let start: Buffer | null = null
  let isUtf8 = true
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    throwIfAborted(signal)
    start ??= chunk
    hash.update(chunk)
    if (isUtf8) isUtf8 = tryDecode(decoder, chunk, true)
  }
  if (isUtf8) isUtf8 = tryDecode(decoder, Buffer.alloc(0), false)
  const isUtf16 = start?.[0] === 0xff && start[1] === 0xfe
  if (!isUtf16 && start?.subarray(0, 4096).includes(0))
    throw new WorkbenchError('invalid_input', `"${path}" is not a text file. Expected a table as CSV or TSV.`)
  return {
    path,
    encoding: isUtf16 ? 'utf-16le' : isUtf8 ? 'utf-8' : 'windows-1252',
    hash: hash.digest('hex'),
    sizeBytes: facts.size,
    modifiedAt: Math.round(facts.mtimeMs),
  }
}

function tryDecode(decoder: TextDecoder, chunk: Buffer, stream: boolean): boolean {
  try {
    decoder.decode(chunk, { stream })
    return true
  } catch {
    return false
  }
}

/** The file's text in pieces, without a byte order mark. */
export async function* readText({ path, encoding }: TextFile, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = encoding === 'windows-1252' ? null : new TextDecoder(encoding)
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 16 }) as AsyncIterable<Buffer>) {
    throwIfAborted(signal)
    yield decoder ? decoder.decode(chunk, { stream: true }) : decodeWindows1252(chunk)
  }
}

/** What 0x80-0x9F mean in Windows-1252; all other bytes are as in Latin-1. (Not each runtime's TextDecoder has it.) */
const windows1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

const decodeWindows1252 = (bytes: Buffer) =>
  bytes.toString('latin1').replace(/[\u0080-\u009f]/g, (byte) => windows1252[byte.charCodeAt(0) - 0x80]!)
