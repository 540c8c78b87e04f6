import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import { writeDurably } from './durable-file'
import { encodeArrays, readArrays, type NamedArray } from './safetensors'
import { tf, type LayersModel, type Tensor, type TensorFlow } from './tf'

/** Where a run stands, besides its arrays. Order and noise come from (seed, epoch, step), so no generator is saved. */
export interface Progress {
  /** Whole epochs done. */
  epoch: number
  /** Steps done over the whole run, and within the epoch under way. */
  step: number
  stepInEpoch: number
  /** Steps taken, however large their batches were. */
  updates: number
  /** Sums of the epoch under way. */
  running: { loss: number; right: number; samples: number; seconds: number }
  /** Epoch with the lowest validation loss so far, from 1. */
  best: { epoch: number; loss: number } | null
  isFinished: boolean
  samplesTrained: number
  secondsTrained: number
}

export const startOfRun: Progress = {
  epoch: 0,
  step: 0,
  stepInEpoch: 0,
  updates: 0,
  running: { loss: 0, right: 0, samples: 0, seconds: 0 },
  best: null,
  isFinished: false,
  samplesTrained: 0,
  secondsTrained: 0,
}

export interface Checkpoint {
  progress: Progress
  /** By their name in the model, e.g. 'conv-1/kernel'. */
  weights: NamedArray[]
  slots: NamedArray[]
  /** Weights of the best epoch, when early stopping keeps them. */
  best: NamedArray[] | null
  /** SHA-256 of the file's contents. */
  id: string
}

const current = 'checkpoint.safetensors'
const previous = 'checkpoint.previous.safetensors'
/** The weights that a run ended with, alone. */
export const modelFile = 'model.safetensors'

const prefixed = (prefix: string, arrays: NamedArray[]) =>
  arrays.map((array) => ({ ...array, name: `${prefix}/${array.name}` }))

/** Saves a run's complete state; the last good checkpoint is kept until the new one is whole. */
export async function saveCheckpoint(runDir: string, checkpoint: Omit<Checkpoint, 'id'>): Promise<void> {
  const { weights, slots, best, progress } = checkpoint
  const arrays = [...prefixed('weights', weights), ...prefixed('slots', slots), ...prefixed('best', best ?? [])]
  const parts = encodeArrays(arrays, { format: 'pellucid-checkpoint-1', progress: JSON.stringify(progress) })
  await writeDurably(join(runDir, current), parts, join(runDir, previous))
}

/** The newest undamaged checkpoint of a run; null when there is none at all. `notice` tells when the newest was damaged. */
export async function loadCheckpoint(runDir: string): Promise<{ checkpoint: Checkpoint; notice?: string } | null> {
  let damage: string | undefined
  for (const name of [current, previous]) {
    try {
      const checkpoint = toCheckpoint(await readArrays(join(runDir, name)))
      return damage ? { checkpoint, notice: `${damage} The one before it was used.` } : { checkpoint }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') damage ??= (error as Error).message
    }
  }
  if (damage) throw new WorkbenchError('invalid_input', `${damage} There is no earlier one: start the run anew.`)
  return null
}

function toCheckpoint({ arrays, metadata }: Awaited<ReturnType<typeof readArrays>>): Checkpoint {
  const under = (prefix: string) =>
    arrays
      .filter((array) => array.name.startsWith(`${prefix}/`))
      .map((array) => ({ ...array, name: array.name.slice(prefix.length + 1) }))
  const best = under('best')
  return {
    progress: JSON.parse(metadata['progress']!) as Progress,
    weights: under('weights'),
    slots: under('slots'),
    best: best.length > 0 ? best : null,
    id: metadata['sha256']!,
  }
}

/** Saves the weights that a run ended with. */
export async function saveWeights(runDir: string, weights: NamedArray[]): Promise<void> {
  await writeDurably(join(runDir, modelFile), encodeArrays(weights, { format: 'pellucid-weights-1' }))
}

/** Weights a run's model answers with: those it ended with, else its checkpoint's best, else its last. */
export async function loadWeights(runDir: string): Promise<{ weights: NamedArray[]; id: string }> {
  try {
    const { arrays, metadata } = await readArrays(join(runDir, modelFile))
    return { weights: arrays, id: metadata['sha256']! }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const found = await loadCheckpoint(runDir)
  if (!found)
    throw new WorkbenchError(
      'incompatible',
      'This run has no trained weights yet. Let it finish an epoch, or resume it.',
    )
  return { weights: found.checkpoint.best ?? found.checkpoint.weights, id: found.checkpoint.id }
}

/** What `loadWeights` would read changes exactly when this does. */
export async function weightsStamp(runDir: string): Promise<string> {
  const stamps = [modelFile, current].map(async (name) => {
    const found = await stat(join(runDir, name)).catch(() => null)
    return found ? `${name}:${found.mtimeMs}:${found.size}` : name
  })
  return (await Promise.all(stamps)).join('|')
}

/** Removes what killed writers left beside, and the end weights of a run that goes on. */
export async function tidyRunFolder(runDir: string): Promise<void> {
  const names = await readdir(runDir)
  const stale = names.filter((name) => name === modelFile || name.endsWith('.partial'))
  await Promise.all(stale.map((name) => rm(join(runDir, name), { force: true })))
}

/** The model's weights, read back from the engine, by their names in the model. */
export function readWeights(model: LayersModel): NamedArray[] {
  return model.weights.map((weight) => toArray(weight.originalName, weight.read()))
}

export function toArray(name: string, tensor: Tensor): NamedArray {
  return { name, shape: [...tensor.shape], data: Float32Array.from(tensor.dataSync()) }
}

/** Sets the model's weights. Throws `incompatible` when a name or shape differs. */
export function writeWeights(model: LayersModel, arrays: NamedArray[]): void {
  const byName = new Map(arrays.map((array) => [array.name, array]))
  for (const weight of model.weights) {
    const array = byName.get(weight.originalName)
    if (!array || array.shape.join() !== weight.shape.join())
      throw new WorkbenchError(
        'incompatible',
        `The saved weights do not fit the network: expected ${weight.originalName} [${weight.shape.join(', ')}], ` +
          `found ${array ? `[${array.shape.join(', ')}]` : 'nothing'}.`,
      )
    assign(weight.read() as TensorFlow.Variable, array)
  }
}

/** Sets those of the model's weights that are given. Throws `incompatible` when one has another shape. */
export function writeSome(model: LayersModel, arrays: NamedArray[]): void {
  if (arrays.length > 0) writeWeights(model, [...readWeights(model), ...arrays])
}

/** Overwrites a variable with saved values of its shape. */
export function assign(variable: TensorFlow.Variable, { data }: NamedArray): void {
  tf.tidy(() => variable.assign(tf.tensor(data, variable.shape)))
}
