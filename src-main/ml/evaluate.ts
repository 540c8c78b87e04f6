import { throwIfAborted } from '@shared/errors'
import type { Objective } from './objective'
import { tf, type LayersModel, type Tensor } from './tf'

/** Numbers that an evaluation holds at once, inputs only: layers inside a network are many times larger. */
const inputBudget = 1_000_000
const largestBatch = 500

/** Gives other work (messages, cancelling) a turn: the engine blocks its thread while it computes. */
export const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))

export const evaluationBatch = (size: number) => Math.min(largestBatch, Math.max(1, Math.floor(inputBudget / size)))

/** What a network answers for samples by their index, row-major [indices.length, outputs]. */
export type Predict = (indices: Int32Array) => Float32Array

/** Answers [n][outputs] for samples by their index, batch by batch of at most `batch`. */
export async function* predictBatches(
  predict: Predict,
  indices: Int32Array,
  batch: number,
  signal?: AbortSignal,
): AsyncGenerator<{ indices: Int32Array; answers: number[][] }> {
  for (let from = 0; from < indices.length; from += batch) {
    throwIfAborted(signal)
    const part = indices.subarray(from, from + batch)
    yield { indices: part, answers: rowsOf(predict(part), part.length) }
    await breathe()
  }
}

/** Logits [n, classes] of inputs [n, ...shape]; dropout is off and averages are fixed. */
export const forward = (model: LayersModel, inputs: Tensor) => model.apply(inputs, { training: false }) as Tensor

/** Softmax of the logits that `compute` gives, in rows of numbers with float32's nine digits. */
export function probabilityRows(compute: () => Tensor): number[][] {
  const probabilities = tf.tidy(() => tf.softmax(compute()))
  const rows = rowsOf(probabilities.dataSync() as Float32Array, probabilities.shape[0]!)
  probabilities.dispose()
  return rows
}

function rowsOf(values: Float32Array, count: number): number[][] {
  const classes = values.length / count
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: classes }, (_, k) => Number(values[i * classes + k]!.toPrecision(9))),
  )
}

/** Mean loss and mean of what the objective calls right over labelled samples; null without any, or where it is no number. */
export async function evaluate(
  predict: Predict,
  objective: Objective,
  indices: Int32Array,
  labels: ArrayLike<number>,
  batch: number,
  signal?: AbortSignal,
): Promise<{ loss: number | null; right: number | null }> {
  let loss = 0
  let right = 0
  for (let from = 0; from < indices.length; from += batch) {
    throwIfAborted(signal)
    const part = indices.subarray(from, from + batch)
    const values = predict(part)
    const width = values.length / part.length
    part.forEach((index, i) => {
      const one = objective.measure(values.subarray(i * width, (i + 1) * width), labels[index]!)
      loss += one.loss
      right += one.right
    })
    await breathe()
  }
  const count = indices.length
  if (count === 0) return { loss: null, right: null }
  const mean = (total: number) => (Number.isFinite(total) ? total / count : null)
  return { loss: mean(loss), right: mean(right) }
}
