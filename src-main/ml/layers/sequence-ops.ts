import { tf, type Tensor, type TensorFlow } from '../tf'
import { isNative, nativeOp } from './native-op'

type Flag = { a?: boolean; b?: boolean }

/**
 * Product of two matrices, [m, k] x [k, n]; `transposed` says which one is given the other way round. tfjs' own takes
 * batches of matrices, an op that TensorFlow neither fuses nor runs as fast.
 */
export function product(a: Tensor, b: Tensor, transposed: Flag = {}): Tensor {
  const { a: transposeA = false, b: transposeB = false } = transposed
  if (!isNative()) return tf.matMul(a, b, transposeA, transposeB)
  const flags = { transpose_a: transposeA, transpose_b: transposeB }
  return nativeOp('MatMul', { types: { T: 'float32' }, flags }, [a, b], 1)[0]!
}

/** [time, batch, n] as one matrix [time * batch, n], whatever the batch's size. */
export const asRows = (sequence: Tensor): Tensor => tf.reshape(sequence, [-1, sequence.shape[2]!])

/** [time * batch, n] → [time, batch, n] */
export const asSequence = (rows: Tensor, time: number): Tensor => tf.reshape(rows, [time, -1, rows.shape[1]!])

/** What stood before each step: the initial state [batch, n], then all of [time, batch, n] but the last. */
export function previous(initial: Tensor, sequence: Tensor): Tensor {
  const first = tf.reshape(initial, [1, -1, initial.shape[1]!])
  const time = sequence.shape[0]!
  return time === 1 ? first : tf.concat([first, tf.slice(sequence, [0, 0, 0], [time - 1, -1, -1])], 0)
}

/** `upstream` times the derivative of the sigmoid whose value is `y`. */
export function throughSigmoid(y: Tensor, upstream: Tensor): Tensor {
  if (!isNative()) return tf.mul(upstream, tf.mul(y, tf.sub(1, y)))
  return nativeOp('SigmoidGrad', { types: { T: 'float32' } }, [y, upstream], 1)[0]!
}

/** `upstream` times the derivative of the tanh whose value is `y`. */
export function throughTanh(y: Tensor, upstream: Tensor): Tensor {
  if (!isNative()) return tf.mul(upstream, tf.sub(1, tf.square(y)))
  return nativeOp('TanhGrad', { types: { T: 'float32' } }, [y, upstream], 1)[0]!
}

/** Zeros [batch, n] for the batch of `like` [time, batch, ...], with no constant that holds the batch's size. */
export function zeroState(like: Tensor, units: number): Tensor {
  const one = tf.zerosLike(tf.reshape(tf.slice(like, [0, 0, 0], [1, -1, 1]), [-1, 1]))
  return tf.tile(one, [1, units])
}

export type Gradients = (upstream: Tensor, saved: Tensor[]) => Tensor[]

/** `tf.customGrad` without its looser types. */
export function withGradient(
  compute: (inputs: Tensor[], save: (tensors: Tensor[]) => void) => { value: Tensor; gradients: Gradients },
): (...inputs: Tensor[]) => Tensor {
  return tf.customGrad((...all) => {
    const save = all.at(-1) as unknown as TensorFlow.GradSaveFunc
    const { value, gradients } = compute(all.slice(0, -1) as Tensor[], save)
    return { value, gradFunc: (dy: Tensor | Tensor[], saved: Tensor[]) => gradients(dy as Tensor, saved) }
  })
}
