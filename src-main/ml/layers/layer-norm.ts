import { tf, type Tensor, type TensorFlow } from '../tf'
import { withGradient } from './sequence-ops'

export interface LayerNormOptions {
  name?: string
  /** Added to the variance; PyTorch's default. */
  epsilon?: number
}

type Shape = (number | null)[]

/**
 * Layer normalisation over the last axis (Ba, Kiros & Hinton, 2016), a drop-in for `tf.layers.layerNormalization` with its
 * weights. That one copies mean and variance to the input's full size, and tfjs differentiates each copy by thousands of
 * slices: two transformer layers of width 64 came to 69 000 ops a step. This one has its gradient written out.
 */
export class LayerNorm extends tf.layers.Layer {
  static className = 'PellucidLayerNorm'
  readonly #epsilon: number
  #weights: TensorFlow.LayerVariable[] = []

  constructor({ name, epsilon = 1e-5 }: LayerNormOptions = {}) {
    super(name ? { name } : {})
    this.#epsilon = epsilon
    this.supportsMasking = true
  }

  override build(inputShape: Shape): void {
    const width = inputShape.at(-1)!
    this.#weights = [
      this.addWeight('gamma', [width], 'float32', tf.initializers.ones()),
      this.addWeight('beta', [width], 'float32', tf.initializers.zeros()),
    ]
    this.built = true
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const [gamma, beta] = this.#weights.map((weight) => weight.read()) as [Tensor, Tensor]
    return tf.tidy(() => layerNorm(Array.isArray(inputs) ? inputs[0]! : inputs, gamma, beta, this.#epsilon))
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return inputShape
  }

  override getConfig(): TensorFlow.serialization.ConfigDict {
    return { ...super.getConfig(), epsilon: this.#epsilon }
  }
}

/** gamma * (x - mean) / sqrt(variance + epsilon) + beta, over the last axis of [..., n]; gamma and beta [n]. */
function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  const standardise = withGradient(([input], save) => {
    const centred = tf.sub(input!, tf.mean(input!, -1, true))
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon))
    const value = tf.mul(centred, scale)
    save([value, scale])
    return { value, gradients: throughStandardising }
  })
  return tf.add(tf.mul(standardise(x), gamma), beta)
}

/** dx = scale (dy - mean(dy) - y mean(dy y)) */
function throughStandardising(upstream: Tensor, [y, scale]: Tensor[]): Tensor[] {
  const along = tf.mul(y!, tf.mean(tf.mul(upstream, y!), -1, true))
  return [tf.mul(tf.sub(tf.sub(upstream, tf.mean(upstream, -1, true)), along), scale!)]
}

export const layerNormalisation = (options: LayerNormOptions = {}): LayerNorm => new LayerNorm(options)
tf.serialization.registerClass(LayerNorm as never)
