import { randomUUID } from 'node:crypto'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { toErrorReply, WorkbenchError } from '@shared/errors'
import { clipTypes } from '@shared/file-kinds'
import type { ServiceContext } from './context'
import { nodePlace, samplePath, seriesPlace, type DatasetRow, type SampleRow } from './dataset-queries'

export interface SampleFile {
  path: string
  /** Which bytes of the file; left out: all of them. */
  range?: { start: number; end: number }
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

/** Writes a picture of `size` pixels to `out`. */
type Draw = (size: number, out: string) => Promise<void>

/** Few sizes, so that a zoomed gallery fills the cache with few copies. Pixels of the longer side. */
const thumbnailSizes = [64, 128, 256, 512, 1024, 2048, 4096]

/**
 * Serves pictures by sample: the original where a browser shows it and it is small, else a thumbnail from the cache. Of a
 * series, its drawing, or without a size its values: float32, [steps, channels].
 */
export class SampleFiles {
  readonly #making = new Map<string, Promise<void>>()

  constructor(private readonly context: Pick<ServiceContext, 'db' | 'jobs' | 'paths'>) {}

  /** `size`: longest side in pixels that is wanted; null for the picture as it is. */
  async open(sampleId: number, size: number | null): Promise<SampleFile> {
    const row = await this.context.db.get<SampleRow & Pick<DatasetRow, 'source_path' | 'modality'>>(
      'SELECT samples.*, source_path, modality FROM samples JOIN datasets ON datasets.id = dataset_id WHERE samples.id = ?',
      sampleId,
    )
    if (!row) throw new WorkbenchError('not_found', `No sample with id ${sampleId}.`)
    if (row.modality === 'graph') return this.#node(row, size)
    if (row.pack !== null) return this.#series(row, size)
    const original = samplePath(row, row)
    if (row.modality === 'audio') return this.#clip(original, row, size)
    const type = browserTypes[extname(original).toLowerCase()]
    const longest = Math.max(row.width ?? 0, row.height ?? 0)
    if (type && (size === null || longest <= size)) {
      await access(original).catch(() => missing(original))
      return { path: original, contentType: type }
    }
    const wanted = size ?? thumbnailSizes.at(-1)!
    return this.#thumbnail(row.hash ?? String(row.id), wanted, async (side, out) => {
      await access(original).catch(() => missing(original))
      await this.context.jobs.run('decode', 'thumbnail', { path: original, size: side, out }).catch((error) => {
        if (toErrorReply(error).code === 'not_found') missing(original)
        throw error
      })
    })
  }

  async #clip(original: string, row: SampleRow, size: number | null): Promise<SampleFile> {
    await access(original).catch(() => missing(original))
    if (size === null)
      return { path: original, contentType: clipTypes[extname(original).slice(1).toLowerCase()] ?? 'audio/wav' }
    return this.#thumbnail(row.hash!, size, async (side, out) => {
      await this.context.jobs.run('decode', 'draw-clip', { path: original, size: side, out })
    })
  }

  /** A node has no file of its own: without a size it is drawn as large as pictures get. */
  #node(row: SampleRow, size: number | null): Promise<SampleFile> {
    const node = nodePlace(this.context.paths, row)
    return this.#thumbnail(row.hash!, size ?? 512, async (side, out) => {
      await this.context.jobs.run('decode', 'draw-node', { node, size: side, out })
    })
  }

  #series(row: SampleRow, size: number | null): Promise<SampleFile> | SampleFile {
    const series = seriesPlace(this.context.paths, row)
    if (size === null) {
      const [start, count] = [series.offset * 4, series.steps * series.channels * 4]
      return { path: series.path, contentType: 'application/octet-stream', range: { start, end: start + count - 1 } }
    }
    return this.#thumbnail(row.hash!, size, async (side, out) => {
      await this.context.jobs.run('decode', 'draw-series', { series, size: side, out })
    })
  }

  async #thumbnail(hash: string, wanted: number, draw: Draw): Promise<SampleFile> {
    const size = thumbnailSizes.find((candidate) => candidate >= wanted) ?? thumbnailSizes.at(-1)!
    const path = thumbnailPath(this.context.paths.cache, hash, size)
    const exists = await access(path).then(
      () => true,
      () => false,
    )
    if (!exists) await this.#make(size, path, draw)
    return { path, contentType: 'image/webp' }
  }

  #make(size: number, out: string, draw: Draw): Promise<void> {
    const making = this.#making.get(out)
    if (making) return making
    const promise = this.#write(size, out, draw).finally(() => this.#making.delete(out))
    this.#making.set(out, promise)
    return promise
  }

  async #write(size: number, out: string, draw: Draw): Promise<void> {
    await mkdir(dirname(out), { recursive: true })
    const partial = `${out}.${randomUUID()}.partial`
    try {
      await draw(size, partial)
      await rename(partial, out)
    } catch (error) {
      await rm(partial, { force: true })
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
