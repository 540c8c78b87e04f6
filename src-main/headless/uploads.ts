import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { WorkbenchError } from '@shared/errors'

/** A dropped file may be a big table; a whole disk must not go to one request. */
export const uploadLimitBytes = 4 * 1024 ** 3

/**
 * Stores one file that was dropped on the page below `<folder>/<batch>/<path>`, so that the files of a dropped folder
 * lie together as they did; returns the top of it (the folder, or the file alone).
 */
export async function storeUpload(
  folder: string,
  { batch, path }: { batch: string; path: string },
  body: Readable,
  limitBytes = uploadLimitBytes,
): Promise<string> {
  const parts = safeParts(batch, path)
  const target = join(folder, ...parts)
  await mkdir(dirname(target), { recursive: true })
  const partial = `${target}.partial`
  try {
    await pipeline(body, limited(limitBytes), createWriteStream(partial))
    await rename(partial, target)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  return join(folder, parts[0]!, parts[1]!)
}

/** Batch and path as folder names, after refusing whatever could lead elsewhere. */
function safeParts(batch: string, path: string): string[] {
  const parts = [batch, ...path.split('/')]
  const isSafe = parts.every(
    (part) =>
      part.length > 0 && part.length <= 255 && part !== '.' && part !== '..' && !/[\\\u0000-\u001f:]/.test(part),
  )
  if (isSafe && /^[\w-]{1,64}$/.test(batch) && parts.length <= 32) return parts
  throw new WorkbenchError(
    'invalid_input',
    `"${path.slice(0, 200)}" is no path that a file can be stored under; use plain names, folders divided by "/".`,
  )
}

function limited(limitBytes: number) {
  return async function* (chunks: AsyncIterable<Buffer>) {
    let size = 0
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > limitBytes) {
        const limit = `${Math.floor(limitBytes / 1024 ** 2)} MiB`
        throw new WorkbenchError('invalid_input', `The file is larger than ${limit}; import it by its path instead.`)
      }
      yield chunk
    }
  }
}
