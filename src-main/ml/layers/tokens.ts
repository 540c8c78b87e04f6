import { mixSeeds } from '../random'
import { tf, type Tensor, type TensorFlow } from '../tf'
import { lookUp } from './rows'
import { detached } from './steps'

type Shape = (number | null)[]
type Masks = Tensor | Tensor[]

export interface TokenEmbeddingOptions {
  /** Rows of the table: words, the unknown one and padding. */
  rows: number
  units: number
  seed: number
  name?: string
  /** Whether the layers behind it get a mask of the words that are there; only recurrent ones take it. */
  isMask: boolean
}

const one = (inputs: Tensor | Tensor[]): Tensor => (Array.isArray(inputs) ? inputs[0]! : inputs)

/** 1 where there is a word, else 0: ids [batch, length] to [batch, length]. */
const presentWords = (ids: Tensor): Tensor => detached(ids, (input) => tf.sign(input))

/**
 * Vectors of words: ids [batch, length], whole numbers held as float32 with 0 for padding, to [batch, length, units].
 * Padding is zero and stays so. tfjs' own embedding reads its ids in JavaScript, which no recorded graph can hold.
 */
export class TokenEmbedding extends tf.layers.Layer {
  static className = 'PellucidTokenEmbedding'
  #table: TensorFlow.LayerVariable | null = null
  #instead: Tensor | null = null

  constructor(private readonly options: TokenEmbeddingOptions) {
    super(options.name ? { name: options.name } : {})
    this.supportsMasking = true
  }

  override build(): void {
    const { rows, units, seed } = this.options
    const initializer = tf.initializers.randomUniform({ minval: -0.1, maxval: 0.1, seed: mixSeeds(seed, 1) })
    this.#table = this.addWeight('embeddings', [rows, units], 'float32', initializer)
    this.built = true
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      if (this.#instead) return tf.clone(this.#instead)
      const ids = one(inputs)
      const [, length] = ids.shape as [number, number]
      const { rows, units } = this.options
      const flat = detached(ids, (input) => tf.reshape(tf.cast(tf.minimum(input, rows - 1), 'int32'), [-1]))
      const vectors = lookUp(this.#table!.read(), flat)
      const present = tf.reshape(presentWords(ids), [-1, length, 1])
      return tf.mul(tf.reshape(vectors, [-1, length, units]), present)
    })
  }

  /** Runs `work` with `vectors` [batch, length, units] in the place of those looked up: explanations ask about them. */
  replacing<T>(vectors: Tensor, work: () => T): T {
    this.#instead = vectors
    try {
      return work()
    } finally {
      this.#instead = null
    }
  }

  override computeMask(inputs: Tensor | Tensor[]): Masks {
    if (!this.options.isMask) return null as unknown as Tensor
    return tf.tidy(() => presentWords(one(inputs)))
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [batch, length] = inputShape as Shape
    return [batch!, length!, this.options.units]
  }

  override getConfig(): TensorFlow.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.options, name: this.name }
  }
}

/** 1 where there is a word, else 0: ids [batch, length] to [batch, length, 1]. */
export class TokenPresence extends tf.layers.Layer {
  static className = 'PellucidTokenPresence'

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const ids = one(inputs)
      return tf.reshape(presentWords(ids), [-1, ids.shape[1]!, 1])
    })
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [batch, length] = inputShape as Shape
    return [batch!, length!, 1]
  }
}

/** Largest value over the steps that are there: [values [batch, time, n], none negative, presence [batch, time, 1]] to [batch, n]. */
export class StepMax extends tf.layers.Layer {
  static className = 'PellucidStepMax'

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const [values, present] = inputs as [Tensor, Tensor]
      return tf.max(tf.mul(values, present), 1)
    })
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [[batch, , width]] = inputShape as [Shape, Shape]
    return [batch!, width!]
  }
}

for (const layer of [TokenEmbedding, TokenPresence, StepMax]) tf.serialization.registerClass(layer as never)
