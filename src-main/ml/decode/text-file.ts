import { createReadStream } from 'node:fs'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import { fileFacts, type FileFacts } from './file-facts'

export interface TextFile extends FileFacts {
  encoding: 'utf-8' | 'utf-16le' | 'windows-1252'
}

/** Reads a file through once: finds its encoding and its hash. Not UTF-8 and without a mark: taken as Windows-1252. */
export async function openTextFile(path: string, signal: AbortSignal): Promise<TextFile> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let start: Buffer | null = null
  let isUtf8 = true
  const facts = await fileFacts(path, signal, (chunk) => {
    start ??= chunk
    if (isUtf8) isUtf8 = tryDecode(decoder, chunk, true)
  })
  if (isUtf8) isUtf8 = tryDecode(decoder, Buffer.alloc(0), false)
  const first: Buffer = start ?? Buffer.alloc(0)
  const isUtf16 = first[0] === 0xff && first[1] === 0xfe
  if (!isUtf16 && first.subarray(0, 4096).includes(0))
    throw new WorkbenchError('invalid_input', `"${path}" is not a text file. Expected a table as CSV or TSV.`)
  return { ...facts, encoding: isUtf16 ? 'utf-16le' : isUtf8 ? 'utf-8' : 'windows-1252' }
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

/** A line longer than this is no line of a table; holding it would take the memory of everything else. */
const longestLine = 16 * 1024 * 1024

/** The lines of a text file with their numbers from 1; throws `invalid_input` for a line of more than 16 MiB. */
export async function* readLines(
  file: TextFile,
  signal: AbortSignal,
): AsyncGenerator<{ text: string; number: number }> {
  let rest = ''
  let number = 0
  for await (const piece of readText(file, signal)) {
    const lines = (number === 0 && rest === '' ? piece.replace(/^\uFEFF/, '') : rest + piece).split(/\r?\n/)
    rest = lines.pop()!
    for (const text of lines) yield { text, number: ++number }
    if (rest.length > longestLine)
      throw new WorkbenchError(
        'invalid_input',
        `Line ${number + 1} of "${file.path}" is longer than 16 MiB; expected one sample a line.`,
      )
  }
  if (rest !== '') yield { text: rest, number: number + 1 }
}
