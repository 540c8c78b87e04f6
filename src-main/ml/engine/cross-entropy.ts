import { nativeOp } from '../layers/native-op'
import { tf, type Tensor, type TensorFlow } from '../tf'

/** -sum(targets * log softmax(logits)) over the batch's size; a scalar. `targets` is no variable: it gets no gradient. */
export function meanCrossEntropy(logits: Tensor, targets: Tensor): TensorFlow.Scalar {
  const size = logits.shape[0]!
  if (tf.getBackend() !== 'tensorflow') return tf.div(tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)))), size)
  return tf.customGrad((input, save) => {
    const inputs = [input as Tensor, targets]
    const [losses, backward] = nativeOp('SoftmaxCrossEntropyWithLogits', { types: { T: 'float32' } }, inputs, 2)
    ;(save as TensorFlow.GradSaveFunc)([backward!])
    return {
      value: tf.div(tf.sum(losses!), size) as Tensor,
      gradFunc: (dy: Tensor | Tensor[], [saved]: Tensor[]) => tf.mul(saved!, tf.div(dy as Tensor, size)),
    }
  })(logits) as TensorFlow.Scalar
}
