import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { throwIfAborted, WorkbenchError } from '@shared/errors'

export interface FileFacts {
  path: string
  /** SHA-256 of the bytes, hex. */
  hash: string
  sizeBytes: number
  /** Epoch ms. */
  modifiedAt: number
}

/** Size and time of a file that holds a table; throws `not_found`, or `invalid_input` when it is empty. */
export async function tableFileStat(path: string): Promise<Pick<FileFacts, 'sizeBytes' | 'modifiedAt'>> {
  const facts = await stat(path).catch(() => {
    throw new WorkbenchError('not_found', `There is no file "${path}". Check the path.`)
  })
  if (facts.size === 0)
    throw new WorkbenchError('invalid_input', `"${path}" is empty. A table needs a line of column names and rows.`)
  return { sizeBytes: facts.size, modifiedAt: Math.round(facts.mtimeMs) }
}

/** Reads a file through once for its hash; `onChunk` sees the bytes on the way. */
export async function fileFacts(
  path: string,
  signal: AbortSignal,
  onChunk: (chunk: Buffer) => void = () => {},
): Promise<FileFacts> {
  const facts = await tableFileStat(path)
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    throwIfAborted(signal)
    hash.update(chunk)
    onChunk(chunk)
  }
  return { path, hash: hash.digest('hex'), ...facts }
}
