import { throwIfAborted } from '@shared/errors'
import { breathe, evaluationBatch } from '../../evaluate'
import { tf } from '../../tf'
import type { CheckInput } from './define'

/** Points of a curve at most, its start left out. */
const mostSteps = 28

/** How many places have been taken at each point of a curve, from none to all. */
export function curveSteps(places: number): number[] {
  const steps = Math.min(places, mostSteps)
  return Array.from({ length: steps + 1 }, (_, i) => Math.round((i * places) / steps))
}

/** Area under a curve over 0 to 1 by trapezia; `at` are its places, rising, of which the last is 1. */
export function areaUnder(at: number[], curve: number[]): number {
  let area = 0
  for (let i = 1; i < at.length; i++) area += ((curve[i]! + curve[i - 1]!) / 2) * (at[i]! - at[i - 1]!)
  return area
}

/**
 * The class's probability while places go, in the given order, from `from` to `to` (samples without batch axis), at each
 * of `curveSteps`. Deletion goes from the sample to what it is compared with, insertion the other way (Petsiuk et al. 2018).
 */
export async function removalCurve(
  { trained, input, places, target, signal }: Pick<CheckInput, 'trained' | 'input' | 'places' | 'target' | 'signal'>,
  order: ArrayLike<number>,
  from: Float32Array,
  to: Float32Array,
): Promise<number[]> {
  const steps = curveSteps(places.length)
  const rows = new Float32Array(steps.length * from.length)
  const now = Float32Array.from(from)
  let taken = 0
  steps.forEach((count, i) => {
    for (; taken < count; taken++) for (const offset of places[order[taken]!]!) now[offset] = to[offset]!
    rows.set(now, i * from.length)
  })
  const curve: number[] = []
  const batch = evaluationBatch(from.length)
  for (let first = 0; first < steps.length; first += batch) {
    throwIfAborted(signal)
    const part = rows.subarray(first * from.length, (first + batch) * from.length)
    const shape = [part.length / from.length, ...input.shape.slice(1)]
    const probabilities = tf.tidy(() => tf.softmax(trained.logits(tf.tensor(part, shape))).slice([0, target], [-1, 1]))
    curve.push(...(await probabilities.data<'float32'>()))
    probabilities.dispose()
    await breathe()
  }
  return curve
}
