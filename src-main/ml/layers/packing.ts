import { tf, type Tensor } from '../tf'
import { isNative, nativeOp } from './native-op'
import { withGradient } from './sequence-ops'

/** How the valid steps of a batch are brought to the front, so that a recurrence needs no mask, and back again. */
export interface Packing {
  /** [batch, time, n] → the same, each sample's valid steps first (the last one first when reversed). */
  pack(sequence: Tensor): Tensor
  /** The way back; what stood at masked steps becomes 0. */
  unpack(packed: Tensor): Tensor
  /** Of packed states [batch, time, n] the one after the last valid step [batch, n]; `initial` where there is none. */
  last(packed: Tensor, initial: Tensor): Tensor
}

/** @param mask [batch, time], true or not 0 where a step counts; gaps are allowed. */
export function packingOf(mask: Tensor, isReversed: boolean): Packing {
  const time = mask.shape[1]!
  const valid = tf.cast(mask, 'float32')
  const position = tf.reshape(tf.range(0, time), [1, time])
  const rank = isReversed ? position : tf.sub(time - 1, position)
  // Valid steps sort before masked ones, both by their place in time; no two keys are alike.
  const order = tf.topk(tf.add(rank, tf.mul(valid, time)), time).indices
  const place = tf.topk(tf.neg(tf.cast(order, 'float32')), time).indices
  const count = tf.sum(valid, 1, true)
  return {
    pack: (sequence) => permuteTime(sequence, order, place),
    unpack: (packed) => tf.mul(permuteTime(packed, place, order), tf.reshape(valid, [-1, time, 1])),
    last(packed, initial) {
      const isLast = tf.cast(tf.equal(position, tf.sub(count, 1)), 'float32')
      const found = tf.sum(tf.mul(packed, tf.reshape(isLast, [-1, time, 1])), 1)
      return tf.add(found, tf.mul(initial, tf.cast(tf.equal(count, 0), 'float32')))
    },
  }
}

/** Takes each sample's steps in `order` [batch, time]; `inverse` undoes it, which makes its gradient a look-up too. */
function permuteTime(sequence: Tensor, order: Tensor, inverse: Tensor): Tensor {
  return withGradient(([x, there, back], save) => {
    // Saved, as what is only closed over is gone by the time of the gradient.
    save([there!, back!])
    return {
      value: takeSteps(x!, there!),
      // tfjs wants a gradient per input; it never looks at those of whole numbers.
      gradients: (upstream, saved) => [takeSteps(upstream, saved[1]!), ...saved],
    }
  })(sequence, order, inverse)
}

function takeSteps(sequence: Tensor, order: Tensor): Tensor {
  const [, time, width] = sequence.shape as [number, number, number]
  const ones = tf.onesLike(tf.slice(order, [0, 0], [-1, 1]))
  const firstRow = tf.mul(tf.cumsum(ones, 0, true), tf.scalar(time, 'int32'))
  const rows = tf.reshape(tf.add(order, firstRow), [-1])
  return tf.reshape(takeRows(tf.reshape(sequence, [-1, width]), rows), [-1, time, width])
}

/** Rows of a matrix by int32 places [n]. tfjs' own gather reads its indices in JavaScript, which no recorded graph can hold. */
export function takeRows(matrix: Tensor, rows: Tensor): Tensor {
  if (!isNative()) return tf.gather(matrix, rows as never)
  const types = { Tparams: 'float32', Tindices: 'int32', Taxis: 'int32' } as const
  const axis = tf.scalar(0, 'int32')
  return nativeOp('GatherV2', { types }, [matrix, rows, axis], 1)[0]!
}
