import { tf, type Tensor } from '../tf'
import { isNative, nativeOp } from './native-op'
import { takeRows } from './packing'
import { withGradient } from './sequence-ops'

/** Rows of a table [rows, units] by int32 ids [n]; its gradient adds up what comes back for each row. */
export function lookUp(table: Tensor, ids: Tensor): Tensor {
  const [rows] = table.shape as [number, number]
  return withGradient(([matrix, places], save) => {
    save([places!])
    return {
      value: takeRows(matrix!, places!),
      // tfjs wants a gradient per input; it never looks at that of whole numbers.
      gradients: (upstream, [saved]) => [segmentSum(upstream, saved!, rows), saved!],
    }
  })(table, ids)
}

/** Sums rows [n, units] that share an int32 id below `count`: [count, units]; its gradient is a look-up. */
export function sumByRow(values: Tensor, ids: Tensor, count: number): Tensor {
  return withGradient(([rows, places], save) => {
    save([places!])
    return {
      value: segmentSum(rows!, places!, count),
      gradients: (upstream, [saved]) => [takeRows(upstream, saved!), saved!],
    }
  })(values, ids)
}

function segmentSum(values: Tensor, ids: Tensor, count: number): Tensor {
  // tfjs' own sum by segment looks through all rows once per segment.
  if (!isNative()) return tf.scatterND(tf.reshape(ids, [-1, 1]), values, [count, values.shape[1]!])
  const types = { T: 'float32', Tindices: 'int32', Tnumsegments: 'int32' } as const
  return nativeOp('UnsortedSegmentSum', { types }, [values, ids, tf.scalar(count, 'int32')], 1)[0]!
}
