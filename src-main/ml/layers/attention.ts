import { mixSeeds } from '../random'
import { tf, type Tensor, type TensorFlow } from '../tf'

type Shape = (number | null)[]

export interface SelfAttentionOptions {
  heads: number
  seed: number
  name?: string
}

/** What is added to the scores of words that are not there, so that nothing looks at them. */
const nowhere = -1e9

/**
 * Multi-head self-attention (Vaswani et al., "Attention is all you need", NeurIPS 2017): [values [batch, time, n], presence
 * [batch, time, 1]] to [batch, time, n]. Weights as PyTorch's `MultiheadAttention` has them, turned: queries, keys and values
 * in one kernel [n, 3 n].
 */
export class SelfAttention extends tf.layers.Layer {
  static className = 'PellucidSelfAttention'
  #variables: TensorFlow.LayerVariable[] = []

  constructor(private readonly options: SelfAttentionOptions) {
    super(options.name ? { name: options.name } : {})
  }

  override build(inputShape: Shape | Shape[]): void {
    const width = (inputShape as Shape[])[0]!.at(-1)!
    const { heads, seed } = this.options
    if (width % heads !== 0)
      throw new RangeError(`Vectors of ${width} numbers cannot be shared among ${heads} heads of one size.`)
    const glorot = (k: number) => tf.initializers.glorotUniform({ seed: mixSeeds(seed, k) })
    this.#variables = [
      this.addWeight('kernel', [width, 3 * width], 'float32', glorot(1)),
      this.addWeight('bias', [3 * width], 'float32', tf.initializers.zeros()),
      this.addWeight('out_kernel', [width, width], 'float32', glorot(2)),
      this.addWeight('out_bias', [width], 'float32', tf.initializers.zeros()),
    ]
    this.built = true
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const [x, present] = inputs as [Tensor, Tensor]
      const [, time, width] = x.shape as [number, number, number]
      const { heads } = this.options
      const size = width / heads
      const [kernel, bias, outKernel, outBias] = this.#variables.map((variable) => variable.read())
      const rows = (values: Tensor) => tf.reshape(values, [-1, values.shape.at(-1)!]) as TensorFlow.Tensor2D
      const all = tf.add(tf.matMul(rows(x), kernel as TensorFlow.Tensor2D), bias!)
      const [queries, keys, values] = tf
        .split(all, 3, 1)
        .map((part) => tf.transpose(tf.reshape(part, [-1, time, heads, size]), [0, 2, 1, 3]))
      const scores = tf.mul(tf.matMul(queries!, keys!, false, true), 1 / Math.sqrt(size))
      const absent = tf.mul(tf.sub(1, tf.reshape(present, [-1, 1, 1, time])), nowhere)
      const found = tf.matMul(tf.softmax(tf.add(scores, absent)), values!)
      const joined = rows(tf.reshape(tf.transpose(found, [0, 2, 1, 3]), [-1, time, width]))
      const out = tf.add(tf.matMul(joined, outKernel as TensorFlow.Tensor2D), outBias!)
      return tf.reshape(out, [-1, time, width])
    })
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return (inputShape as Shape[])[0]!
  }

  override getConfig(): TensorFlow.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.options, name: this.name }
  }
}

/** Adds a learned vector for each place: [batch, time, n] to the same. */
export class PlaceVectors extends tf.layers.Layer {
  static className = 'PellucidPlaceVectors'
  #table: TensorFlow.LayerVariable | null = null

  constructor(private readonly options: { seed: number; name?: string }) {
    super(options.name ? { name: options.name } : {})
  }

  override build(inputShape: Shape | Shape[]): void {
    const [, time, width] = inputShape as Shape
    const initializer = tf.initializers.randomNormal({ stddev: 0.02, seed: this.options.seed })
    this.#table = this.addWeight('places', [time!, width!], 'float32', initializer)
    this.built = true
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => tf.add(Array.isArray(inputs) ? inputs[0]! : inputs, this.#table!.read()))
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return inputShape as Shape
  }

  override getConfig(): TensorFlow.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.options, name: this.name }
  }
}

for (const layer of [SelfAttention, PlaceVectors]) tf.serialization.registerClass(layer as never)
