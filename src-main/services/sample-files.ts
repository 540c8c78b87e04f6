import { randomUUID } from 'node:crypto'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { toErrorReply, WorkbenchError } from '@shared/errors'
import type { ServiceContext } from './context'
import { samplePath, type SampleRow } from './dataset-queries'

export interface SampleFile {
  path: string
  contentType: string
}

const browserTypes: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.avif': 'image/avif',
}

/** Few sizes, so that a zoomed gallery fills the cache with few copies. Pixels of the longer side. */
const thumbnailSizes = [64, 128, 256, 512, 1024, 2048, 4096]

/** Serves pictures by sample: the original where a browser shows it and it is small, else a thumbnail from the cache. */
export class SampleFiles {
  readonly #making = new Map<string, Promise<void>>()

  constructor(private readonly context: Pick<ServiceContext, 'db' | 'jobs' | 'paths'>) {}

  /** `size`: longest side in pixels that is wanted; null for the picture as it is. */
  async open(sampleId: number, size: number | null): Promise<SampleFile> {
    const row = await this.context.db.get<SampleRow & { source_path: string }>(
      'SELECT samples.*, source_path FROM samples JOIN datasets ON datasets.id = dataset_id WHERE samples.id = ?',
      sampleId,
    )
    if (!row) throw new WorkbenchError('not_found', `No sample with id ${sampleId}.`)
    const original = samplePath(row, row)
    const type = browserTypes[extname(original).toLowerCase()]
    const longest = Math.max(row.width ?? 0, row.height ?? 0)
    if (type && (size === null || longest <= size)) {
      await access(original).catch(() => missing(original))
      return { path: original, contentType: type }
    }
    return this.#thumbnail(original, row.hash ?? String(row.id), size ?? thumbnailSizes.at(-1)!)
  }

  async #thumbnail(original: string, hash: string, wanted: number): Promise<SampleFile> {
    const size = thumbnailSizes.find((candidate) => candidate >= wanted) ?? thumbnailSizes.at(-1)!
    const path = thumbnailPath(this.context.paths.cache, hash, size)
    const exists = await access(path).then(
      () => true,
      () => false,
    )
    if (!exists) await this.#make(original, size, path)
    return { path, contentType: 'image/webp' }
  }

  #make(original: string, size: number, out: string): Promise<void> {
    const making = this.#making.get(out)
    if (making) return making
    const promise = this.#write(original, size, out).finally(() => this.#making.delete(out))
    this.#making.set(out, promise)
    return promise
  }

  async #write(original: string, size: number, out: string): Promise<void> {
    await access(original).catch(() => missing(original))
    await mkdir(dirname(out), { recursive: true })
    const partial = `${out}.${randomUUID()}.partial`
    try {
      await this.context.jobs.run('decode', 'thumbnail', { path: original, size, out: partial })
      await rename(partial, out)
    } catch (error) {
      await rm(partial, { force: true })
      const { code } = toErrorReply(error)
      if (code === 'not_found') missing(original)
      throw error
    }
  }
}

/** Thumbnails lie by content, so that moved or re-linked files keep theirs. */
export const thumbnailFolder = (cache: string, hash: string) => join(cache, 'thumbnails', hash.slice(0, 2))

const thumbnailPath = (cache: string, hash: string, size: number) =>
  join(thumbnailFolder(cache, hash), `${hash}-${size}.webp`)

function missing(path: string): never {
  throw new WorkbenchError(
    'not_found',
    `The original ${path} is not there (moved, renamed or on a drive that is not connected). Bring it back, or use "Find moved files" to re-link the dataset to its new folder.`,
  )
}
