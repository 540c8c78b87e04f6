import { tf, type Tensor, type TensorFlow } from '../tf'

/** Squared error, absolute error, or Huber's: squared up to one standard deviation of the target, linear beyond. */
export type NumberLoss = 'squared' | 'absolute' | 'huber'

/** Loss of one error, standardised. Huber, "Robust estimation of a location parameter", 1964, is halved as there. */
export function numberLoss(kind: NumberLoss, error: number): number {
  const size = Math.abs(error)
  if (kind === 'squared') return error ** 2
  if (kind === 'absolute') return size
  return size <= 1 ? error ** 2 / 2 : size - 0.5
}

/** Mean of `numberLoss` over a batch [batch, 1]; a scalar. `targets` is no variable: it gets no gradient. */
export function meanNumberLoss(kind: NumberLoss, outputs: Tensor, targets: Tensor): TensorFlow.Scalar {
  const size = outputs.shape[0]!
  return tf.customGrad((input, save) => {
    const errors = tf.sub(input as Tensor, targets)
    ;(save as TensorFlow.GradSaveFunc)([errors])
    return {
      value: tf.div(tf.sum(losses[kind](errors)), size) as Tensor,
      gradFunc: (dy: Tensor | Tensor[], [saved]: Tensor[]) => tf.mul(slopes[kind](saved!), tf.div(dy as Tensor, size)),
    }
  })(outputs) as TensorFlow.Scalar
}

const losses: Record<NumberLoss, (errors: Tensor) => Tensor> = {
  squared: (errors) => tf.square(errors),
  absolute: (errors) => tf.abs(errors),
  huber: (errors) => {
    const size = tf.abs(errors)
    const near = tf.minimum(size, 1)
    return tf.add(tf.mul(tf.square(near), 0.5), tf.sub(size, near))
  },
}

const slopes: Record<NumberLoss, (errors: Tensor) => Tensor> = {
  squared: (errors) => tf.mul(errors, 2),
  absolute: (errors) => tf.sign(errors),
  huber: (errors) => tf.clipByValue(errors, -1, 1),
}
