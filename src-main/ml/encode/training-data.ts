import { join } from 'node:path'
import type { Random } from '../random'
import type { Snapshot } from '../snapshot'
import { augmentInto, type Augmentation } from './augment'
import { inputShapeOf, snapshotRows, type Encoding } from './encoding'
import { packedPictures, type DrawnEncoding } from './pictures'
import { readPlaces } from '../decode/series/pack'
import { encodeAllSeries, encodedShape } from './series'
import { encodeRows } from './table'
import { encodeTexts, joinedText } from './text'

/** A run's encoded samples in memory, in the order of the snapshot. */
export interface TrainingData {
  inputShape: number[]
  /** Numbers per sample. */
  size: number
  /** All samples, packed one after the other; bytes are brightness in 255ths. Not to be changed. */
  packed: Float32Array | Uint8Array
  /** Samples by their index, as [indices.length, ...inputShape]; changed at random where `augment` says so. */
  read(indices: ArrayLike<number>, augment?: { how: Augmentation; random: Random }): Float32Array
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
    const encoded = encodeRows(encoding, snapshotRows(encoding, snapshot, snapshot.samples))
    return packedData(encoded, [encoding.columns.length])
  }
  if (encoding.kind === 'series') {
    const places = snapshot.samples.map(({ series }) => series!)
    const values = await readPlaces(places)
    const series = places.map((place, i) => ({ ...place, values: values[i]! }))
    return packedData(encodeAllSeries(encoding, series, progress), encodedShape(encoding))
  }
  if (encoding.kind === 'text') {
    const texts = snapshot.samples.map(({ values }) => joinedText(values ?? []))
    return packedData(encodeTexts(encoding, texts), [encoding.length])
  }
  const files = snapshot.samples.map(({ path, hash }) => ({ path: path ?? '', hash }))
  const folder = join(cacheDir, 'pictures')
  return pictureData(await packedPictures(files, encoding, folder, signal, progress), encoding)
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
