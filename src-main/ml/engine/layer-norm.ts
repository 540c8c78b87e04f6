import { tf, type LayersModel, type Tensor, type TensorFlow } from '../tf'

type Weight = TensorFlow.LayerVariable
type Call = (inputs: Tensor | Tensor[], kwargs: { training?: boolean }) => Tensor | Tensor[]

/** tfjs' layer, with what it keeps to itself. */
interface LayerNormalization {
  axis: number[]
  epsilon: number
  gamma: Weight | null
  beta: Weight | null
  call: Call
}

/**
 * Gives the model's layer normalisations (Ba, Kiros & Hinton, 2016) over their last axis a gradient of their own. tfjs
 * copies mean and variance to the activations' full shape, and goes back through that copy slice by slice: thousands of ops.
 */
export function fuseLayerNorm(model: LayersModel): void {
  for (const layer of model.layers) {
    if (layer.getClassName() !== 'LayerNormalization') continue
    const norm = layer as unknown as LayerNormalization
    const plain = norm.call.bind(layer)
    norm.call = (inputs, kwargs) => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs
      const isLast = norm.axis.length === 1 && (norm.axis[0] === -1 || norm.axis[0] === x.rank - 1)
      return kwargs?.training && isLast ? tf.tidy(() => normalise(norm, x)) : plain(inputs, kwargs)
    }
  }
}

function normalise({ gamma, beta, epsilon }: LayerNormalization, x: Tensor): Tensor {
  const depth = x.shape.at(-1)!
  const scale = gamma ? gamma.read() : tf.ones([depth])
  const offset = beta ? beta.read() : tf.zeros([depth])
  return tf.customGrad((...all) => {
    const [input, by, plus, save] = all as unknown as [Tensor, Tensor, Tensor, TensorFlow.GradSaveFunc]
    const centred = tf.sub(input, tf.mean(input, -1, true))
    const share = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon))
    const normal = tf.mul(centred, share)
    save([normal, share, by])
    return { value: tf.add(tf.mul(normal, by), plus) as Tensor, gradFunc: (dy, saved) => backward(dy as Tensor, saved) }
  })(x, scale, offset)
}

/** Gradients of the input, the scale and the offset. */
function backward(dy: Tensor, [normal, share, scale]: Tensor[]): Tensor[] {
  const others = dy.shape.map((_, axis) => axis).slice(0, -1)
  const inner = tf.mul(dy, scale!)
  const along = tf.mul(normal!, tf.mean(tf.mul(inner, normal!), -1, true))
  const dx = tf.mul(share!, tf.sub(tf.sub(inner, tf.mean(inner, -1, true)), along))
  return [dx, tf.sum(tf.mul(dy, normal!), others), tf.sum(dy, others)]
}
