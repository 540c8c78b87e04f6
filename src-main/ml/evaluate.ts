import { argMax } from '@shared/metrics/classification'
import { throwIfAborted } from '@shared/errors'
import { tf, type LayersModel, type Tensor } from './tf'

/** Numbers that an evaluation holds at once, inputs only: layers inside a network are many times larger. */
const inputBudget = 1_000_000
const largestBatch = 500

/** Gives other work (messages, cancelling) a turn: the engine blocks its thread while it computes. */
export const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))

export const evaluationBatch = (size: number) => Math.min(largestBatch, Math.max(1, Math.floor(inputBudget / size)))

/** Class probabilities of samples by their index, row-major [indices.length, classes]. */
export type Predict = (indices: Int32Array) => Float32Array

/** Class probabilities [n][classes] of samples by their index, batch by batch of at most `batch`. */
export async function* predictBatches(
  predict: Predict,
  indices: Int32Array,
  batch: number,
  signal?: AbortSignal,
): AsyncGenerator<{ indices: Int32Array; probabilities: number[][] }> {
  for (let from = 0; from < indices.length; from += batch) {
    throwIfAborted(signal)
    const part = indices.subarray(from, from + batch)
    yield { indices: part, probabilities: rowsOf(predict(part), part.length) }
    await breathe()
  }
}

/** Logits [n, classes] of inputs [n, ...shape]; dropout is off and averages are fixed. */
export const forward = (model: LayersModel, inputs: Tensor) => model.apply(inputs, { training: false }) as Tensor

/** Softmax of the logits that `compute` gives, row-major. */
export function probabilitiesOf(compute: () => Tensor): Float32Array {
  const probabilities = tf.tidy(() => tf.softmax(compute()))
  const values = probabilities.dataSync() as Float32Array
  probabilities.dispose()
  return values
}

/** As `probabilitiesOf`, in rows of numbers with float32's nine digits. */
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

/** Cross-entropy in nats and accuracy over labelled samples; null without any, or where the network no longer gives numbers. */
export async function evaluate(
  predict: Predict,
  indices: Int32Array,
  labels: ArrayLike<number>,
  batch: number,
  signal?: AbortSignal,
): Promise<{ loss: number | null; accuracy: number | null }> {
  let loss = 0
  let right = 0
  for (let from = 0; from < indices.length; from += batch) {
    throwIfAborted(signal)
    const part = indices.subarray(from, from + batch)
    const values = predict(part)
    const classes = values.length / part.length
    part.forEach((index, i) => {
      const row = values.subarray(i * classes, (i + 1) * classes)
      const label = labels[index]!
      loss -= Math.log(Math.max(row[label]!, Number.EPSILON))
      right += Number(argMax(row) === label)
    })
    await breathe()
  }
  const count = indices.length
  if (count === 0) return { loss: null, accuracy: null }
  return { loss: Number.isFinite(loss) ? loss / count : null, accuracy: right / count }
}
