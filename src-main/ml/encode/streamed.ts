import { closeSync, openSync, readSync, rmSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { randomStream, shuffled } from '../random'
import { augmentInto } from './augment'
import type { TrainingData } from './training-data'

/** Samples that take more bytes than this stay in a file, and are read from it block by block. */
export const isStreamed = (bytes: number) => bytes > Number(process.env['PELLUCID_STREAM_ABOVE'] ?? 100e6)

const blockBytes = 256 * 1024
/** An epoch takes its samples out of so many blocks at a time, mixed. */
export const poolBlocks = 64
/** Blocks that are kept: the pool, and what the next one begins with. */
const keptBlocks = poolBlocks + 16

export const rowsPerBlock = (rowBytes: number) => Math.max(1, Math.round(blockBytes / rowBytes))

/** Writes samples one after the other into a file; nothing stays of one that fails. */
export async function writeSamples(path: string, parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'w')
  try {
    for await (const part of parts) await file.write(part)
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

interface StreamedFile {
  path: string
  inputShape: [number, ...number[]]
  dtype: 'float32' | 'uint8'
  /** Removes the file when it is closed. */
  isOwn: boolean
}

/** Samples in a file, in rows of one size; bytes are brightness in 255ths. Whole blocks are read, and the last ones kept. */
export function streamedData({ path, inputShape, dtype, isOwn }: StreamedFile): TrainingData {
  const size = inputShape.reduce((product, length) => product * length, 1)
  const rowBytes = size * (dtype === 'float32' ? 4 : 1)
  const blockRows = rowsPerBlock(rowBytes)
  const file = openSync(path, 'r')
  const kept = new Map<number, Float32Array | Uint8Array>()

  const blockAt = (block: number) => {
    const found = kept.get(block)
    if (found) return found
    const bytes = new Uint8Array(blockRows * rowBytes)
    readSync(file, bytes, 0, bytes.length, block * bytes.length)
    const values = dtype === 'float32' ? new Float32Array(bytes.buffer) : bytes
    if (kept.size >= keptBlocks) kept.delete(kept.keys().next().value!)
    kept.set(block, values)
    return values
  }

  return {
    inputShape,
    size,
    packed: null,
    blockRows,
    read(indices, augment) {
      const batch = new Float32Array(indices.length * size)
      for (let i = 0; i < indices.length; i++) {
        const values = blockAt(Math.floor(indices[i]! / blockRows))
        const from = (indices[i]! % blockRows) * size
        if (values instanceof Float32Array) for (let k = 0; k < size; k++) batch[i * size + k] = values[from + k]!
        else if (augment)
          augmentInto(
            batch,
            i * size,
            values,
            from,
            inputShape as [number, number, number],
            augment.how,
            augment.random,
          )
        else for (let k = 0; k < size; k++) batch[i * size + k] = values[from + k]! / 255
      }
      return batch
    },
    close() {
      closeSync(file)
      if (isOwn) rmSync(path, { force: true })
    },
  }
}

/**
 * Positions of an epoch's samples where they are read from a file: blocks in random order, and the samples of `poolBlocks`
 * blocks at a time mixed with each other. Every sample comes once; each block is read once.
 *
 * @param train the samples' indices, ascending
 */
export function streamedOrder(train: Int32Array, blockRows: number, ...seeds: number[]): Int32Array {
  const starts: number[] = []
  for (let i = 0; i < train.length; i++)
    if (i === 0 || Math.floor(train[i]! / blockRows) !== Math.floor(train[i - 1]! / blockRows)) starts.push(i)
  const random = randomStream(...seeds)
  const blocks = shuffled(starts.length, random)
  const order = new Int32Array(train.length)
  let at = 0
  for (let from = 0; from < blocks.length; from += poolBlocks) {
    const pool: number[] = []
    for (const block of blocks.subarray(from, from + poolBlocks))
      for (let i = starts[block]!; i < (starts[block + 1] ?? train.length); i++) pool.push(i)
    for (const i of shuffled(pool.length, random)) order[at++] = pool[i]!
  }
  return order
}
