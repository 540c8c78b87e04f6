import { mixSeeds } from '../random'
import { tf, type Tensor, type TensorFlow } from '../tf'

type Shape = (number | null)[]

export interface CausalConvOptions {
  filters: number
  kernelSize: number
  /** Steps between the taps of the kernel. */
  dilation: number
  seed: number
  name?: string
}

/**
 * Convolution over time that sees only what came before: y[t] = b + sum_j w[j] x[t - (k - 1 - j) * dilation], zeros before
 * the start (van den Oord et al., "WaveNet", 2016). tfjs has no gradient for dilated convolutions, so the steps are dealt
 * out to `dilation` shorter sequences, each convolved plainly.
 */
export class CausalConv extends tf.layers.Layer {
  static className = 'PellucidCausalConv'
  #kernel: TensorFlow.LayerVariable | null = null
  #bias: TensorFlow.LayerVariable | null = null

  constructor(private readonly options: CausalConvOptions) {
    super(options.name ? { name: options.name } : {})
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = (inputShape as Shape).at(-1)!
    const { filters, kernelSize, seed } = this.options
    const initializer = tf.initializers.heNormal({ seed: mixSeeds(seed, 1) })
    this.#kernel = this.addWeight('kernel', [kernelSize, channels, filters], 'float32', initializer)
    this.#bias = this.addWeight('bias', [filters], 'float32', tf.initializers.zeros())
    this.built = true
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0]! : inputs) as TensorFlow.Tensor3D
      const { kernelSize, dilation, filters } = this.options
      const [, time, channels] = x.shape
      const before = (kernelSize - 1) * dilation
      const after = (dilation - ((before + time) % dilation)) % dilation
      const rows = (before + time + after) / dilation
      const padded = tf.pad(x, [
        [0, 0],
        [before, after],
        [0, 0],
      ])
      // [batch, rows, dilation, channels] → [batch * dilation, rows, channels]
      const dealt = tf.reshape(tf.transpose(tf.reshape(padded, [-1, rows, dilation, channels]), [0, 2, 1, 3]), [
        -1,
        rows,
        channels,
      ]) as TensorFlow.Tensor3D
      const kernel = this.#kernel!.read() as TensorFlow.Tensor3D
      const sums = tf.add(tf.conv1d(dealt, kernel, 1, 'valid'), this.#bias!.read())
      const kept = rows - kernelSize + 1
      const back = tf.transpose(tf.reshape(sums, [-1, dilation, kept, filters]), [0, 2, 1, 3])
      return tf.slice(tf.reshape(back, [-1, kept * dilation, filters]), [0, 0, 0], [-1, time, -1])
    })
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [batch, time] = inputShape as Shape
    return [batch!, time!, this.options.filters]
  }

  override getConfig(): TensorFlow.serialization.ConfigDict {
    const { filters, kernelSize, dilation, seed } = this.options
    return { ...super.getConfig(), filters, kernelSize, dilation, seed, name: this.name }
  }
}

tf.serialization.registerClass(CausalConv as never)
