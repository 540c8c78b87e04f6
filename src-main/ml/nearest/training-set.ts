import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { throwIfAborted } from '@shared/errors'
import { writeBeside } from '../cache-file'
import { breathe, evaluationBatch } from '../evaluate'
import type { PredictInput, Snapshot } from '../snapshot'
import { namedValues, readSnapshot } from '../snapshot-file'
import { tf } from '../tf'
import type { TrainedModel } from '../trained'
import { representationOf } from './representation'
import { usualDistances, type UsualDistances } from './usual'

/** Training samples compared; of larger sets every n-th. */
const mostSamples = 20_000

/** The training samples of a run as its network sees them. */
export interface TrainingSet {
  ids: number[]
  targets: number[]
  /** [ids.length, width], row-major. */
  values: Float32Array
  /** Labelled training samples that there are. */
  trained: number
  usual: UsualDistances
}

interface Options {
  signal: AbortSignal
  progress(done: number, total: number): void
}

let last: { key: string; set: TrainingSet } | null = null

/** Computed once per run and weights: kept in `cacheDir`, and the last one in memory. */
export async function trainingSet(
  trained: TrainedModel,
  runDir: string,
  cacheDir: string,
  options: Options,
): Promise<TrainingSet> {
  const key = `${trained.meta.datasetId}-${trained.checkpointId}`
  if (last?.key === key) return last.set
  const snapshot = await readSnapshot(runDir)
  const labelled = snapshot.samples.flatMap(({ split, target }, at) => (split === 'train' && target !== null ? at : []))
  const every = Math.max(1, Math.ceil(labelled.length / mostSamples))
  const chosen = labelled.filter((_, i) => i % every === 0)
  const { width } = representationOf(trained.model)
  const path = join(cacheDir, `${key}-${chosen.length}x${width}.f32`)
  const kept = await readKept(path, chosen.length * width)
  const values = kept ?? (await represent(trained, snapshot, chosen, options))
  if (!kept) await writeBeside(path, new Uint8Array(values.buffer), cacheDir)
  const set = {
    ids: chosen.map((at) => snapshot.samples[at]!.id),
    targets: chosen.map((at) => snapshot.samples[at]!.target!),
    values,
    trained: labelled.length,
    usual: await usualDistances(values, width, options.signal),
  }
  last = { key, set }
  return set
}

async function readKept(path: string, length: number): Promise<Float32Array | null> {
  const bytes = await readFile(path).catch(() => null)
  if (bytes?.byteLength !== 4 * length) return null
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}

async function represent(
  trained: TrainedModel,
  snapshot: Snapshot,
  chosen: number[],
  { signal, progress }: Options,
): Promise<Float32Array> {
  const { width } = representationOf(trained.model)
  const values = new Float32Array(chosen.length * width)
  const batch = evaluationBatch(trained.inputShape.reduce((product, length) => product * length, 1))
  for (let from = 0; from < chosen.length; from += batch) {
    throwIfAborted(signal)
    progress(from, chosen.length)
    const samples = chosen.slice(from, from + batch).map((at) => inputOf(snapshot, at))
    values.set(await representSamples(trained, samples, signal), from * width)
    await breathe()
  }
  return values
}

/** Samples as the network sees them, [n, width], row-major. */
export async function representSamples(
  trained: TrainedModel,
  samples: PredictInput[],
  signal: AbortSignal,
): Promise<Float32Array> {
  const encoded = await trained.encode(samples, signal)
  const seen = representationOf(trained.model).of(encoded)
  try {
    return await seen.data<'float32'>()
  } finally {
    tf.dispose([encoded, seen])
  }
}

function inputOf(snapshot: Snapshot, at: number): PredictInput {
  const { path, series } = snapshot.samples[at]!
  if (series) return { series }
  const values = namedValues(snapshot, at)
  return values && snapshot.fields.length > 0 ? { values } : { path: path! }
}
