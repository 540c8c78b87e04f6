import { isNative, nativeOp } from '../layers/native-op'
import { tf, type LayersModel, type Tensor, type TensorFlow } from '../tf'

type Weight = TensorFlow.LayerVariable
type Call = (inputs: Tensor | Tensor[], kwargs: { training?: boolean }) => Tensor | Tensor[]

/** tfjs' layer, with what it keeps to itself. */
interface BatchNormalization {
  axis: number
  epsilon: number
  momentum: number
  gamma: Weight | null
  beta: Weight | null
  movingMean: Weight
  movingVariance: Weight
  call: Call
}

/**
 * Lets the model's batch normalisations train by TensorFlow's fused op, which reads the activations twice where tfjs' own
 * formula reads them a dozen times. The averages follow the same rule (biased variance, as in tfjs and Keras).
 */
export function fuseBatchNorm(model: LayersModel): void {
  if (!isNative()) return
  for (const layer of model.layers) {
    if (layer.getClassName() !== 'BatchNormalization') continue
    const norm = layer as unknown as BatchNormalization
    const plain = norm.call.bind(layer)
    norm.call = (inputs, kwargs) => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs
      const isLast = norm.axis === -1 || norm.axis === x.rank - 1
      const isFused = kwargs?.training && isLast && x.rank >= 2 && x.rank <= 4
      return isFused ? tf.tidy(() => normalise(norm, x)) : plain(inputs, kwargs)
    }
  }
}

function normalise({ gamma, beta, epsilon, momentum, movingMean, movingVariance }: BatchNormalization, x: Tensor) {
  const depth = x.shape.at(-1)!
  const pictures = x.rank === 4 ? x : tf.reshape(x, [-1, 1, 1, depth])
  const scale = gamma ? gamma.read() : tf.ones([depth])
  const offset = beta ? beta.read() : tf.zeros([depth])
  const { y, mean, variance } = fused(pictures, scale, offset, epsilon)
  const count = x.size / depth
  follow(movingMean, mean, momentum)
  follow(movingVariance, tf.mul(variance, (count - 1) / count), momentum)
  mean.dispose()
  variance.dispose()
  return x.rank === 4 ? y : tf.reshape(y, x.shape)
}

/** average -= (1 - momentum) * (average - value) */
function follow(average: Weight, value: Tensor, momentum: number): void {
  const before = average.read()
  average.write(tf.sub(before, tf.mul(tf.sub(before, value), 1 - momentum)))
}

/** `mean` and (unbiased) `variance` of the batch are kept: the caller disposes them. */
function fused(x: Tensor, scale: Tensor, offset: Tensor, epsilon: number) {
  const attributes = {
    types: { T: 'float32' as const, U: 'float32' as const },
    numbers: { epsilon },
    flags: { is_training: true },
  }
  let [mean, variance]: (Tensor | null)[] = [null, null]
  const y = tf.customGrad((...all) => {
    const [input, by, plus] = all as Tensor[]
    const none = tf.tensor1d([])
    const outputs = nativeOp('FusedBatchNormV3', attributes, [input!, by!, plus!, none, none], 6)
    mean = tf.keep(tf.clone(outputs[1]!))
    variance = tf.keep(tf.clone(outputs[2]!))
    ;(all[3] as unknown as TensorFlow.GradSaveFunc)([input!, by!, outputs[3]!, outputs[4]!, outputs[5]!])
    const gradFunc = (dy: Tensor | Tensor[], saved: Tensor[]) =>
      nativeOp('FusedBatchNormGradV3', attributes, [dy as Tensor, ...saved], 5).slice(0, 3)
    return { value: outputs[0]!, gradFunc }
  })(x, scale, offset)
  return { y, mean: mean!, variance: variance! } as { y: Tensor; mean: Tensor; variance: Tensor }
}
