import { tf, type Tensor, type TensorFlow } from '../tf'
import { withGradient } from './sequence-ops'

type Shape = (number | null)[]
type Masks = Tensor | Tensor[]

const one = (inputs: Tensor | Tensor[]): Tensor => (Array.isArray(inputs) ? inputs[0]! : inputs)

/** 1 where the last channel of [batch, time, channels] says that there is a step, else 0: [batch, time, 1]. */
const presence = (x: Tensor): Tensor =>
  detached(x, (input) => tf.sign(tf.slice(input, [0, 0, input.shape[2]! - 1], [-1, -1, 1])))

/** What `compute` makes of `x`, as something that no gradient flows back from: masks lead to whole numbers. */
export function detached(x: Tensor, compute: (x: Tensor) => Tensor): Tensor {
  let made: Tensor | null = null
  withGradient(([input], save) => {
    save([input!])
    made = tf.keep(compute(input!))
    return { value: tf.zerosLike(made), gradients: (_upstream, [saved]) => [tf.zerosLike(saved!)] }
  })(x)
  const value = tf.clone(made!)
  ;(made as unknown as Tensor).dispose()
  return value
}

/** What comes in without its last channel, which marks the steps; recurrent layers get that channel as their mask. */
export class StepValues extends tf.layers.Layer {
  static className = 'PellucidStepValues'
  readonly #isMask: boolean

  constructor(private readonly options: { name?: string; isMask: boolean }) {
    super(options.name ? { name: options.name } : {})
    this.#isMask = options.isMask
    this.supportsMasking = true
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const x = one(inputs)
      return tf.slice(x, [0, 0, 0], [-1, -1, x.shape[2]! - 1])
    })
  }

  override computeMask(inputs: Tensor | Tensor[]): Masks {
    if (!this.#isMask) return null as unknown as Tensor
    return tf.tidy(() => {
      const x = one(inputs)
      return tf.reshape(presence(x), [-1, x.shape[1]!])
    })
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [batch, time, channels] = inputShape as Shape
    return [batch!, time!, channels! - 1]
  }

  override getConfig(): TensorFlow.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.options, name: this.name }
  }
}

/** 1 where there is a step, else 0: [batch, time, 1]. */
export class StepPresence extends tf.layers.Layer {
  static className = 'PellucidStepPresence'

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => presence(one(inputs)))
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [batch, time] = inputShape as Shape
    return [batch!, time!, 1]
  }
}

/** Mean over the steps that are there: [values [batch, time, n], presence [batch, time, 1]] to [batch, n]. */
export class StepMean extends tf.layers.Layer {
  static className = 'PellucidStepMean'

  constructor(options: { name?: string } = {}) {
    super(options)
    this.supportsMasking = true
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const [values, present] = inputs as [Tensor, Tensor]
      return tf.div(tf.sum(tf.mul(values, present), 1), tf.maximum(tf.sum(present, 1), 1))
    })
  }

  override computeMask(): Masks {
    return null as unknown as Tensor
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [[batch, , width]] = inputShape as [Shape, Shape]
    return [batch!, width!]
  }
}

for (const layer of [StepValues, StepPresence, StepMean]) tf.serialization.registerClass(layer as never)
