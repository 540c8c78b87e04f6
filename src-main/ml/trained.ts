import type { Params } from '@shared/schemas/run'
import type { PredictInput, Snapshot } from './snapshot'
import type { LayersModel, Tensor } from './tf'

/** A run's best weights, ready to answer. */
export interface TrainedModel {
  /** What the run was trained on, without its samples. */
  meta: Omit<Snapshot, 'samples'>
  family: string
  params: Params
  /** Inputs [n, ...inputShape] to logits [n, classes]. */
  model: LayersModel
  /** One sample without its batch axis. */
  inputShape: number[]
  /** Decodes or encodes samples as in training: [n, ...inputShape]. The caller disposes it. */
  encode(samples: PredictInput[], signal?: AbortSignal): Promise<Tensor>
  /** Tables: the encoded columns in order. */
  columns?: { name: string; field: string; index: number }[]
  /** Tables: which encoded columns belong to each field. */
  fields?: { name: string; columns: number[] }[]
  /** What 'absent' means, [1, ...inputShape]: black for pictures, the training set's mean for tables. */
  baseline(): Tensor
  /** Differentiable. [n, ...inputShape] to [n, classes]. */
  logits(input: Tensor): Tensor
  probabilities(input: Tensor): Tensor
  /** SHA-256 of the weights: the key of everything computed from them. */
  checkpointId: string
}
