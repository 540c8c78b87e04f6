import { tf, type Tensor, type TensorFlow } from '../tf'
import type { Explained } from './define'

/** Logits of one class summed over the batch: the scalar whose gradient explains it. */
export function targetScore({ logits }: Pick<Explained, 'logits'>, inputs: Tensor, target: number): TensorFlow.Scalar {
  return tf.tidy(() => logits(inputs).slice([0, target], [-1, 1]).sum() as TensorFlow.Scalar)
}

/** d logit / d input, [batch, ...shape], for each sample of the batch on its own (samples do not touch each other). */
export function scoreGradient(explained: Pick<Explained, 'logits'>, inputs: Tensor, target: number): Tensor {
  return tf.tidy(() => tf.grad((x: Tensor) => targetScore(explained, x, target))(inputs))
}
