import { seededUniform } from './engine/uniform'
import { isNative, nativeOp } from './layers/native-op'
import { mixSeeds } from './random'
import { tf, type Tensor } from './tf'
import type { Batch } from './train-step'

/** Stream of the run's seed, apart from those of order, augmentation and dropout. */
const stream = 3
const entries = 1024
const gridSteps = 8192

/**
 * Mixes each sample of a batch with the one at the mirrored place, which is as good as a random one because batches are
 * drawn at random: x = share * x + (1 - share) * x', and so with the targets. Zhang et al., "mixup: Beyond empirical risk
 * minimization", 2018; the share is the larger part of a draw from Beta(alpha, alpha), so that a sample stays its own.
 *
 * @param step number of the step over the whole run, or the tensor that holds it in a recorded one
 */
export function mixUp<B extends Batch>(batch: B, alpha: number, seed: number, step: number | Tensor): B {
  const size = batch.labels.shape[0]!
  const drawn = seededUniform([size], mixSeeds(seed, stream), step)
  const share = look(largerShares(alpha), tf.cast(tf.floor(tf.mul(drawn, entries)), 'int32'))
  const blend = (rows: Tensor) => {
    const own = tf.reshape(share, [size, ...rows.shape.slice(1).map(() => 1)])
    return tf.add(tf.mul(rows, own), tf.mul(tf.reverse(rows, 0), tf.sub(1, own)))
  }
  const oneHot = blend(batch.oneHot)
  const targets = batch.targets === batch.oneHot ? oneHot : blend(batch.targets)
  const labels = batch.labels.rank > 1 ? oneHot : batch.labels // numbers: errors are those of blends
  return { ...batch, inputs: blend(batch.inputs), labels, oneHot, targets }
}

/** Entries of a table by index, without tfjs' reading of the indices, which a recorded step forbids. */
function look(table: Float32Array, indices: Tensor): Tensor {
  const values = tf.tensor1d(table)
  if (!isNative()) return tf.gather(values, indices as ReturnType<typeof tf.tensor1d>)
  const types = { Tparams: 'float32', Tindices: 'int32', Taxis: 'int32' } as const
  return nativeOp('GatherV2', { types }, [values, indices, tf.scalar(0, 'int32')], 1)[0]!
}

/**
 * max(x, 1 - x) of x from Beta(alpha, alpha), at evenly spaced probabilities. The density x^(a-1) (1-x)^(a-1) is summed
 * over s = x^a, where it has no pole: ds (1 - s^(1/a))^(a-1) / a, from x = 0 to 1/2.
 */
export function largerShares(alpha: number): Float32Array {
  const last = 0.5 ** alpha
  const density = (s: number) => (1 - s ** (1 / alpha)) ** (alpha - 1)
  const sums = new Float64Array(gridSteps + 1)
  const width = last / gridSteps
  for (let i = 1; i <= gridSteps; i++) sums[i] = sums[i - 1]! + (density((i - 1) * width) + density(i * width)) / 2
  const shares = new Float32Array(entries)
  let at = 0
  for (let k = 0; k < entries; k++) {
    const wanted = ((k + 0.5) / entries) * sums[gridSteps]!
    while (sums[at + 1]! < wanted) at++
    const s = (at + (wanted - sums[at]!) / (sums[at + 1]! - sums[at]!)) * width
    shares[k] = 1 - s ** (1 / alpha)
  }
  return shares
}
