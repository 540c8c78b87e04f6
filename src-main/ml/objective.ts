import { argMax } from '@shared/metrics/classification'
import type { Task } from '@shared/schemas/dataset'
import { meanCrossEntropy } from './engine/cross-entropy'
import { meanNumberLoss, numberLoss, type NumberLoss } from './engine/number-loss'
import type { RunParams } from './settings'
import { tf, type Tensor } from './tf'

/**
 * What a network is trained for: how far its outputs are from the targets, and what they say. Outputs and targets are
 * [batch, classes], or [batch, 1] where a number is predicted, standardised by the training split.
 */
export interface Objective {
  task: Task
  /** Mean over the batch, a scalar; differentiable in `outputs`. */
  loss(outputs: Tensor, targets: Tensor): Tensor
  /** Right answers in the batch, or the sum of absolute errors. `labels` [batch] classes, or [batch, 1] numbers. */
  right(outputs: Tensor, labels: Tensor): Tensor
  /** Class probabilities, or the standardised number. */
  answer(outputs: Tensor): Tensor
  /** Loss and `right` of one sample by its answer. */
  measure(answer: Float32Array, label: number): { loss: number; right: number }
}

const classes: Objective = {
  task: 'classification',
  loss: meanCrossEntropy,
  right: (outputs, labels) => tf.sum(tf.cast(tf.equal(tf.argMax(outputs, 1), labels), 'float32')),
  answer: (outputs) => tf.softmax(outputs),
  measure: (answer, label) => ({
    loss: -Math.log(Math.max(answer[label]!, Number.EPSILON)),
    right: Number(argMax(answer) === label),
  }),
}

const number = (kind: NumberLoss): Objective => ({
  task: 'regression',
  loss: (outputs, targets) => meanNumberLoss(kind, outputs, targets),
  right: (outputs, labels) => tf.sum(tf.abs(tf.sub(outputs, labels))),
  answer: (outputs) => outputs,
  measure: (answer, label) => {
    const error = answer[0]! - label
    return { loss: numberLoss(kind, error), right: Math.abs(error) }
  },
})

/** The settings tell: only where a number is predicted there is a loss to choose. */
export const objectiveOf = (params: Partial<RunParams>): Objective => (params.loss ? number(params.loss) : classes)

/** Length of what a network gives out per sample. */
export const outputsOf = (params: Partial<RunParams>, classCount: number): number =>
  objectiveOf(params).task === 'regression' ? 1 : classCount
