import { CompiledFunction } from '../engine/compiled-function'
import { useNativeGradients } from '../engine/native-gradients'
import { tf, type LayersModel, type Tensor, type TensorFlow } from '../tf'
import type { Explained } from './define'

/** Logits of one class summed over the batch: the scalar whose gradient explains it. */
export function targetScore({ logits }: Pick<Explained, 'logits'>, inputs: Tensor, target: number): TensorFlow.Scalar {
  return tf.tidy(() => logits(inputs).slice([0, target], [-1, 1]).sum() as TensorFlow.Scalar)
}

/** d logit / d input, [batch, ...shape], for each sample of the batch on its own (samples do not touch each other). */
export function scoreGradient(
  explained: Pick<Explained, 'logits' | 'gradient'>,
  inputs: Tensor,
  target: number,
): Tensor {
  if (explained.gradient) return explained.gradient(inputs, target)
  return tf.tidy(() => tf.grad((x: Tensor) => targetScore(explained, x, target))(inputs))
}

/** The same for a network that is no longer trained, as a graph once it is asked for often. The caller disposes it. */
export function compileScoreGradient(
  model: LayersModel,
  logits: (input: Tensor) => Tensor,
): { gradient(inputs: Tensor, target: number): Tensor; dispose(): void } {
  useNativeGradients()
  const classes = model.outputs[0]!.shape[1]!
  const compute = (inputs: Tensor, chosen: Tensor) => tf.grad((x: Tensor) => tf.sum(tf.mul(logits(x), chosen)))(inputs)
  const weights = model.weights.map((weight) => weight.read())
  const compiled = new CompiledFunction(compute, weights)
  return {
    gradient: (inputs, target) =>
      tf.tidy(() =>
        compiled.call(
          inputs,
          tf.tensor2d(
            [...Array(classes).keys()].map((k) => Number(k === target)),
            [1, classes],
          ),
        ),
      ),
    dispose: () => compiled.dispose(),
  }
}
