import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { throwIfAborted } from '@shared/errors'
import type { Random } from '../random'
import type { Snapshot } from '../snapshot'
import { augmentInto, type Augmentation } from './augment'
import { inputShapeOf, snapshotRows, type Encoding } from './encoding'
import { packedPictures, picturesFile, type DrawnEncoding } from './pictures'
import { encodeNodes } from './graph'
import { readPlaces } from '../decode/series/pack'
import { encodeAllSeries, encodedShape } from './series'
import { isStreamed, streamedData, writeSamples } from './streamed'
import { encodeRows, type TableEncoding } from './table'
import { encodeTexts, joinedText } from './text'

/** A run's encoded samples, in the order of the snapshot. */
export interface TrainingData {
  inputShape: number[]
  /** Numbers per sample. */
  size: number
  /** All samples, packed one after the other; bytes are brightness in 255ths. Not to be changed. Null: they lie in a file. */
  packed: Float32Array | Uint8Array | null
  /** Of samples in a file: how many are read at once. */
  blockRows?: number
  /** Samples by their index, as [indices.length, ...inputShape]; changed at random where `augment` says so. */
  read(indices: ArrayLike<number>, augment?: { how: Augmentation; random: Random }): Float32Array
  /** Gives back the file that samples are read from. */
  close?(): void
}

/** Encodes all samples of a snapshot; pictures come from a cache under `cacheDir` when it has them. */
export async function loadTrainingData(
  snapshot: Snapshot,
  encoding: Encoding,
  cacheDir: string,
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<TrainingData> {
  if (encoding.kind === 'table') {
    return tableData(snapshot, encoding, join(cacheDir, 'streams'), signal, progress)
  }
  if (encoding.kind === 'series') {
    const places = snapshot.samples.map(({ series }) => series!)
    const values = await readPlaces(places)
    const series = places.map((place, i) => ({ ...place, values: values[i]! }))
    return packedData(encodeAllSeries(encoding, series, progress), encodedShape(encoding))
  }
  if (encoding.kind === 'graph') return packedData(encodeNodes(encoding, snapshot.samples), [1])
  if (encoding.kind === 'text') {
    const texts = snapshot.samples.map(({ values }) => joinedText(values ?? []))
    return packedData(encodeTexts(encoding, texts), [encoding.length])
  }
  const files = snapshot.samples.map(({ path, hash }) => ({ path: path ?? '', hash }))
  const folder = join(cacheDir, 'pictures')
  const inputShape = inputShapeOf(encoding) as [number, number, number]
  if (isStreamed(files.length * inputShape[0] * inputShape[1] * inputShape[2])) {
    const { path, isOwn } = await picturesFile(files, encoding, folder, signal, progress)
    return streamedData({ path, inputShape, dtype: 'uint8', isOwn })
  }
  return pictureData(await packedPictures(files, encoding, folder, signal, progress), encoding)
}

const rowsAtOnce = 4096

/** Encodes a table part by part, into memory or, when it is large, into a file. */
async function tableData(
  snapshot: Snapshot,
  encoding: TableEncoding,
  folder: string,
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<TrainingData> {
  const count = snapshot.samples.length
  const size = encoding.columns.length
  function* parts() {
    for (let from = 0; from < count; from += rowsAtOnce) {
      throwIfAborted(signal)
      const to = Math.min(count, from + rowsAtOnce)
      yield { from, values: encodeRows(encoding, snapshotRows(encoding, snapshot, from, to)) }
      progress(to)
    }
  }
  if (isStreamed(count * size * 4)) {
    const bytes = (function* () {
      for (const { values } of parts()) yield new Uint8Array(values.buffer)
    })()
    const path = join(folder, `samples-${randomUUID()}.bin`)
    await writeSamples(path, bytes)
    return streamedData({ path, inputShape: [size], dtype: 'float32', isOwn: true })
  }
  const packed = new Float32Array(count * size)
  for (const { from, values } of parts()) packed.set(values, from * size)
  return packedData(packed, [size])
}

/** Samples that are numbers already, and are not changed at random. */
export function packedData(encoded: Float32Array, inputShape: number[]): TrainingData {
  const size = inputShape.reduce((product, length) => product * length, 1)
  const read = (indices: ArrayLike<number>) => {
    const batch = new Float32Array(indices.length * size)
    for (let i = 0; i < indices.length; i++) {
      batch.set(encoded.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size)
    }
    return batch
  }
  return { inputShape, size, packed: encoded, read }
}

const brightnessOf = Float32Array.from({ length: 256 }, (_, byte) => byte / 255)

function pictureData(packed: Uint8Array, encoding: DrawnEncoding): TrainingData {
  const inputShape = inputShapeOf(encoding) as [number, number, number]
  const size = inputShape[0] * inputShape[1] * inputShape[2]
  const read: TrainingData['read'] = (indices, augment) => {
    const batch = new Float32Array(indices.length * size)
    for (let i = 0; i < indices.length; i++) {
      const from = indices[i]! * size
      if (augment) augmentInto(batch, i * size, packed, from, inputShape, augment.how, augment.random)
      else for (let k = 0; k < size; k++) batch[i * size + k] = brightnessOf[packed[from + k]!]!
    }
    return batch
  }
  return { inputShape, size, packed, read }
}
