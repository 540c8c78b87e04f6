import { isNative, nativeOp } from '../layers/native-op'
import { tf, type Tensor } from '../tf'

/**
 * Gradients as single ops of TensorFlow where tfjs builds them out of many. Computed op by op or in a graph, they are the
 * same; what they read is the layer's output, so that TensorFlow can fuse the activation with what is before it.
 */
export function useNativeGradients(): void {
  if (isUsed || !isNative()) return
  isUsed = true
  for (const [kernelName, op] of Object.entries(fromOutput)) {
    tf.unregisterGradient(kernelName)
    tf.registerGradient({
      kernelName,
      outputsToSave: [true],
      gradFunc: (dy, [y]) => ({ x: () => op(dy as Tensor, y as Tensor) }),
    })
  }
}

let isUsed = false
const types = { T: 'float32' as const }

/** The op where there is TensorFlow, else the formula. */
const either =
  (op: string, isOutputFirst: boolean, formula: (dy: Tensor, y: Tensor) => Tensor) =>
  (dy: Tensor, y: Tensor): Tensor =>
    isNative() ? nativeOp(op, { types }, isOutputFirst ? [y, dy] : [dy, y], 1)[0]! : formula(dy, y)

const fromOutput: Record<string, (dy: Tensor, y: Tensor) => Tensor> = {
  Relu: either('ReluGrad', false, (dy, y) => tf.mul(dy, tf.step(y))),
  Sigmoid: either('SigmoidGrad', true, (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  Tanh: either('TanhGrad', true, (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
}
