import { throwIfAborted } from '@shared/errors'
import { breathe } from '../evaluate'
import { tf } from '../tf'

/** From a training sample to the nearest other one. */
export interface UsualDistances {
  median: number
  /** 99 of 100 stay below. */
  most: number
}

/** Training samples whose nearest other one is looked for, and how many at once. */
const mostAsked = 1000
const block = 100

/** How far samples [n, width] are from the nearest other one, told by up to 1 000 of them, evenly chosen. */
export async function usualDistances(
  values: Float32Array,
  width: number,
  signal: AbortSignal,
): Promise<UsualDistances> {
  const count = values.length / width
  const every = Math.max(1, Math.ceil(count / mostAsked))
  const asked = Array.from({ length: Math.ceil(count / every) }, (_, i) => i * every)
  const distances: number[] = []
  const all = tf.tensor2d(values, [count, width])
  try {
    for (let from = 0; from < asked.length; from += block) {
      throwIfAborted(signal)
      const rows = asked.slice(from, from + block)
      const nearest = tf.tidy(() => {
        const some = tf.gather(all, tf.tensor1d(rows, 'int32'))
        const squares = some
          .square()
          .sum(1, true)
          .add(all.square().sum(1))
          .sub(some.matMul(all, false, true).mul(2))
        const itself = tf.oneHot(tf.tensor1d(rows, 'int32'), count).mul(1e30)
        return squares.add(itself).min(1).maximum(0).sqrt()
      })
      distances.push(...(await nearest.data<'float32'>()))
      nearest.dispose()
      await breathe()
    }
  } finally {
    all.dispose()
  }
  distances.sort((a, b) => a - b)
  const at = (share: number) => distances[Math.min(distances.length - 1, Math.floor(share * distances.length))] ?? 0
  return { median: at(0.5), most: at(0.99) }
}
