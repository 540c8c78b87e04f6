import type { PixelBox } from '@shared/masks'
import type { Shortcut } from '@shared/schemas/shortcut'
import type { Params } from '@shared/schemas/run'
import type { PredictInput } from '../snapshot'
import type { TrainedModel } from '../trained'

export interface LookedAt {
  trained: TrainedModel
  inputs: PredictInput[]
  /** Class index of each. */
  targets: Int32Array
  signal: AbortSignal
  /** A share of the way, 0-1. */
  progress(share: number): void
}

/** Something that the model may lean on: where, for which class its attributions stand out, and how to mask it. */
export interface Candidate {
  /** The same place found for two classes is measured once. */
  key: string
  title: string
  share: number
  /** The class whose attributions named it. */
  target: number
  mask: Params
  box?: PixelBox
  region?: Shortcut['region']
}

/** How one kind of data is looked at: what could be leaned on, and the encoded samples without it or with it. */
export interface Lens {
  kind: Shortcut['kind']
  /** Encoded samples, [n, size], row-major. */
  encoded: Float32Array
  candidates: Candidate[]
  /** Samples, by index, in which the candidate can be masked; the others stay as they are. */
  having(candidate: Candidate): number[]
  /** Those samples with it masked, [indices.length, size]. */
  without(candidate: Candidate, indices: number[]): Float32Array
  /** Samples of other classes given what `donors` have, one donor each. */
  given(candidate: Candidate, indices: number[], donors: number[]): Float32Array
  /** How masking and giving were done, in words. */
  how: { without: string; given: string }
}

/** The `count` largest by `weight`, largest first. */
export const largest = <T>(items: T[], count: number, weight: (item: T) => number): T[] =>
  [...items].sort((a, b) => weight(b) - weight(a)).slice(0, count)
