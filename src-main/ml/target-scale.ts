import type { Snapshot } from './snapshot'
import { tf, type Tensor } from './tf'

/** How the number to be predicted is standardised: fitted on the training split, kept with the run, undone in all outputs. */
export interface TargetScale {
  /** The target's column. */
  name: string
  mean: number
  /** Standard deviation; 1 where all are the same. */
  deviation: number
}

/** Fits the scale on labelled training samples. */
export function fitTarget({ samples, target }: Snapshot): TargetScale {
  const values = samples.flatMap(({ split, target: value }) => (split === 'train' && value !== null ? [value] : []))
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const deviation = Math.sqrt(squares / Math.max(1, values.length))
  return { name: target ?? '', mean, deviation: deviation > 0 ? deviation : 1 }
}

/** Targets of all samples, standardised; 0 where there is none. */
export const standardised = ({ samples }: Snapshot, { mean, deviation }: TargetScale): Float32Array =>
  Float32Array.from(samples, ({ target }) => (target === null ? 0 : (target - mean) / deviation))

/** A standardised number in the target's units, with float32's nine digits. */
export const undone = (value: number, { mean, deviation }: TargetScale): number =>
  Number((value * deviation + mean).toPrecision(9))

/**
 * Largest difference between two ways of computing an answer: 1e-4 of a probability, whose range is 1, or of a number's
 * spread; of numbers far from zero what float32's last digits hold.
 */
export const allowedDifference = (scale: TargetScale | undefined): number =>
  scale ? Math.max(1e-4 * scale.deviation, 1e-6 * Math.abs(scale.mean)) : 1e-4

/** What a network's outputs say: class probabilities, or numbers in the target's units. */
export const answerOf = (outputs: Tensor, scale: TargetScale | undefined): Tensor =>
  scale ? tf.add(tf.mul(outputs, scale.deviation), scale.mean) : tf.softmax(outputs)

/** What that is called where a network is written for use elsewhere. */
export const answerName = (scale: TargetScale | undefined) => (scale ? 'value' : 'probabilities')
