import type { Augmentation } from './encode/augment'
import type { TrainingData } from './encode/training-data'
import { streamedOrder } from './encode/streamed'
import { mixSeeds, randomStream, shuffled } from './random'
import type { RunParams } from './settings'
import { tf } from './tf'
import type { Batch } from './train-step'

/** Streams of the run's seed, so that order and noise do not depend on each other. */
const orderStream = 1
const augmentStream = 2

/**
 * Positions in `train` of an epoch's samples (epochs from 0): every one once, in an order of the epoch's own.
 *
 * @param blockRows of samples that are read from a file
 */
export const epochOrder = (train: Int32Array, seed: number, epoch: number, blockRows?: number): Int32Array =>
  blockRows === undefined
    ? shuffled(train.length, randomStream(seed, orderStream, epoch))
    : streamedOrder(train, blockRows, seed, orderStream, epoch)

/** Weight of a mistake per class. Balanced: n / (classes * n of the class), whose mean over the samples is 1. */
export function classWeightsOf(kind: RunParams['classWeights'], perClass: number[]): number[] {
  if (kind === 'none') return perClass.map(() => 1)
  const total = perClass.reduce((sum, count) => sum + count, 0)
  return perClass.map((count) => (count > 0 ? total / (perClass.length * count) : 0))
}

export class BatchMaker {
  constructor(
    private readonly data: TrainingData,
    /** Class of each sample; as floats the number to be predicted, standardised. */
    private readonly labels: Int32Array | Float32Array,
    private readonly weights: number[],
    private readonly params: Pick<RunParams, 'seed' | 'labelSmoothing' | 'classWeights'>,
    private readonly augmentation: Augmentation | null,
    /** Weight of each sample's mistakes, by its index; null: all count the same. */
    readonly sampleWeights: Float32Array | null = null,
  ) {}

  /** Whether inputs are changed at random from step to step. */
  get isAugmented(): boolean {
    return this.augmentation !== null
  }

  /** Inputs of samples by index, [indices.length, ...]; `step` (from 1, over the whole run) seeds their augmentation. */
  read(indices: Int32Array, step: number): Float32Array {
    const { data, params, augmentation } = this
    if (!augmentation) return data.read(indices)
    return data.read(indices, { how: augmentation, random: randomStream(mixSeeds(params.seed, augmentStream), step) })
  }

  /** A row per class, [classes, classes]: what the loss is measured against and, where that differs, trained on. */
  tables(): { oneHot: Float32Array; targets: Float32Array | null } {
    const { labelSmoothing } = this.params
    const classes = Int32Array.from(this.weights.keys())
    return {
      oneHot: this.#targets(classes, 0, false),
      targets: this.#isPlain ? null : this.#targets(classes, labelSmoothing, true),
    }
  }

  get #isPlain(): boolean {
    if (this.labels instanceof Float32Array) return true
    return this.params.labelSmoothing === 0 && this.params.classWeights === 'none' && this.sampleWeights === null
  }

  /** Encodes samples by index, as `read`. Dispose it after use. */
  make(indices: Int32Array, step: number): Batch & { dispose(): void } {
    const { data } = this
    const values = this.read(indices, step)
    const inputs = tf.tensor(values, [indices.length, ...data.inputShape])
    if (this.labels instanceof Float32Array) {
      const numbers = tf.tensor2d(
        Float32Array.from(indices, (index) => this.labels[index]!),
        [indices.length, 1],
      )
      const batch = { inputs, labels: numbers, oneHot: numbers, targets: numbers }
      return { ...batch, dispose: () => tf.dispose(batch) }
    }
    const labels = Int32Array.from(indices, (index) => this.labels[index]!)
    const shape: [number, number] = [indices.length, this.weights.length]
    const oneHot = tf.tensor2d(this.#targets(labels, 0, false), shape)
    const targets = this.#isPlain ? oneHot : tf.tensor2d(this.#weighted(indices, labels), shape)
    const batch = {
      inputs,
      labels: tf.tensor1d(labels, 'int32'),
      oneHot,
      targets,
    }
    return { ...batch, dispose: () => tf.dispose(batch) }
  }

  /** What a batch is trained on, [indices.length, classes]: smoothed, and weighted by class and by sample. */
  #weighted(indices: Int32Array, labels: Int32Array): Float32Array {
    const targets = this.#targets(labels, this.params.labelSmoothing, true)
    const classes = this.weights.length
    if (this.sampleWeights)
      for (let i = 0; i < targets.length; i++) targets[i]! *= this.sampleWeights[indices[Math.floor(i / classes)]!]!
    return targets
  }

  /** [labels.length, classes]; smoothing as in Szegedy et al., "Rethinking the Inception architecture", 2016. */
  #targets(labels: Int32Array, smoothing: number, isWeighted: boolean): Float32Array {
    const classes = this.weights.length
    const targets = new Float32Array(labels.length * classes)
    labels.forEach((label, i) => {
      const weight = isWeighted ? this.weights[label]! : 1
      for (let k = 0; k < classes; k++) {
        targets[i * classes + k] = weight * (smoothing / classes + (k === label ? 1 - smoothing : 0))
      }
    })
    return targets
  }
}
