import { argMax } from '@shared/metrics/classification'
import { throwIfAborted } from '@shared/errors'
import type { TrainingData } from './encode/training-data'
import { tf, type LayersModel, type Tensor } from './tf'

/** Numbers that an evaluation holds at once, inputs only: layers inside a network are many times larger. */
const inputBudget = 1_000_000
const largestBatch = 500

/** Gives other work (messages, cancelling) a turn: the engine blocks its thread while it computes. */
export const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))

export const evaluationBatch = (size: number) => Math.min(largestBatch, Math.max(1, Math.floor(inputBudget / size)))

/** Class probabilities [n][classes] of samples by their index, batch by batch. */
export async function* predictBatches(
  model: LayersModel,
  data: TrainingData,
  indices: Int32Array,
  signal?: AbortSignal,
): AsyncGenerator<{ indices: Int32Array; probabilities: number[][] }> {
  const batch = evaluationBatch(data.size)
  for (let from = 0; from < indices.length; from += batch) {
    throwIfAborted(signal)
    const part = indices.subarray(from, from + batch)
    const values = data.read(part)
    const shape = [part.length, ...data.inputShape]
    yield { indices: part, probabilities: probabilityRows(() => forward(model, tf.tensor(values, shape))) }
    await breathe()
  }
}

/** Logits [n, classes] of inputs [n, ...shape]; dropout is off and averages are fixed. */
export const forward = (model: LayersModel, inputs: Tensor) => model.apply(inputs, { training: false }) as Tensor

/** Softmax of the logits that `compute` gives, as rows of numbers with float32's nine digits. */
export function probabilityRows(compute: () => Tensor): number[][] {
  const probabilities = tf.tidy(() => tf.softmax(compute()))
  const [count, classes] = probabilities.shape as [number, number]
  const values = probabilities.dataSync()
  probabilities.dispose()
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: classes }, (_, k) => Number(values[i * classes + k]!.toPrecision(9))),
  )
}

/** Cross-entropy in nats and accuracy over labelled samples; null without any, or where the network no longer gives numbers. */
export async function evaluate(
  model: LayersModel,
  data: TrainingData,
  indices: Int32Array,
  labels: ArrayLike<number>,
  signal?: AbortSignal,
): Promise<{ loss: number | null; accuracy: number | null }> {
  let loss = 0
  let right = 0
  for await (const { indices: part, probabilities } of predictBatches(model, data, indices, signal)) {
    probabilities.forEach((row, i) => {
      const label = labels[part[i]!]!
      loss -= Math.log(Math.max(row[label]!, Number.EPSILON))
      right += Number(argMax(row) === label)
    })
  }
  const count = indices.length
  if (count === 0) return { loss: null, accuracy: null }
  return { loss: Number.isFinite(loss) ? loss / count : null, accuracy: right / count }
}
