import type { GraphSizes } from '../decode/graph/pack'
import { mixSeeds } from '../random'
import { tf, type Tensor, type TensorFlow } from '../tf'
import { lookUp, sumByRow } from './rows'
import { detached } from './steps'

/**
 * Message passing over one graph, all of whose nodes are computed at once. Between the layers go [nodes, ...] matrices in
 * the place of batches, and beside them the graph itself as lists: of edges by where they come from and lead to, and of
 * feature values by node and feature, so that nothing of the size nodes x nodes is ever made.
 */
type Shape = (number | null)[]
type Config = TensorFlow.serialization.ConfigDict
type Symbolic = TensorFlow.SymbolicTensor

const whole = (matrix: Tensor, column: number) =>
  tf.cast(tf.reshape(tf.slice(matrix, [0, column], [-1, 1]), [-1]), 'int32')

/** Which of the six lists hold whole numbers. */
const wholeLists = [0, 1, 3, 4]

export interface GraphSourceOptions extends GraphSizes {
  name?: string
  /** Whether each node also has an edge to itself, of weight 1. */
  loops: boolean
}

/**
 * The graph that a network holds, as weights that do not learn. Whatever comes in, it gives six lists: for each edge, one
 * direction after the other, the nodes that it comes from and leads to (int32 [edges]) and its weight [edges, 1]; for each
 * value that is not 0 its node and feature (int32 [entries]) and itself [entries, 1].
 */
export class GraphSource extends tf.layers.Layer {
  static className = 'PellucidGraphSource'
  #lists: TensorFlow.LayerVariable[] = []
  #kept: { edges: Tensor | null; entries: Tensor | null } = { edges: null, entries: null }

  constructor(private readonly options: GraphSourceOptions) {
    super(options.name ? { name: options.name } : {})
  }

  override build(): void {
    const { edges, entries } = this.options
    const list = (name: string, length: number, width: number) =>
      this.addWeight(name, [length, width], 'float32', tf.initializers.zeros(), undefined, false)
    this.#lists = [
      list('ends', edges, 2),
      list('weights', edges, 1),
      list('entries', entries, 2),
      list('values', entries, 1),
    ]
    this.built = true
  }

  override call(): Tensor[] {
    return tf.tidy(() => {
      const { nodes, loops } = this.options
      const [ends, weights, entries, values] = this.#lists.map((list) => list.read()) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ]
      const { edges: keptEdges, entries: keptEntries } = this.#kept
      const [a, b] = [whole(ends, 0), whole(ends, 1)]
      const own = loops ? [tf.range(0, nodes, 1, 'int32')] : []
      const kept = keptEdges ? tf.mul(weights, keptEdges) : weights
      return [
        tf.concat([a, b, ...own]),
        tf.concat([b, a, ...own]),
        tf.concat([kept, kept, ...(loops ? [tf.ones([nodes, 1])] : [])]),
        whole(entries, 0),
        whole(entries, 1),
        keptEntries ? tf.mul(values, keptEntries) : tf.clone(values),
      ]
    })
  }

  /** tfjs takes all outputs of layers for float32 and would make the lists of nodes and features so. */
  override apply(...given: Parameters<TensorFlow.layers.Layer['apply']>): ReturnType<TensorFlow.layers.Layer['apply']> {
    const outputs = super.apply(...given) as (Tensor | Symbolic)[]
    const isSymbolic = (one: Tensor | Symbolic): one is Symbolic => one instanceof tf.SymbolicTensor
    for (const at of wholeLists) {
      const one = outputs[at]!
      if (isSymbolic(one)) Object.assign(one, { dtype: 'int32' })
    }
    return outputs as Tensor[]
  }

  /** Runs `work` while edges [edges, 1] and feature values [entries, 1] count for these shares: explanations ask so. */
  keeping<T>(kept: { edges: Tensor; entries: Tensor }, work: () => T): T {
    this.#kept = kept
    try {
      return work()
    } finally {
      this.#kept = { edges: null, entries: null }
    }
  }

  get sizes(): GraphSizes {
    return this.options
  }

  /** What is given is no parameter of the network. */
  override countParams(): number {
    return 0
  }

  override computeOutputShape(): Shape[] {
    return [[null], [null], [null, 1], [null], [null], [null, 1]]
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...this.options, name: this.name }
  }
}

interface Units {
  name: string
  units: number
  seed: number
}

const glorot = (seed: number) => tf.initializers.glorotUniform({ seed })

/** A dense layer on sparse features: [node and feature of each value, values [entries, 1]] to [nodes, units]. */
export class SparseDense extends tf.layers.Layer {
  static className = 'PellucidSparseDense'
  #kernel: TensorFlow.LayerVariable | null = null

  constructor(private readonly options: Units & { nodes: number; features: number }) {
    super({ name: options.name })
  }

  override build(): void {
    const { features, units, seed } = this.options
    this.#kernel = this.addWeight('kernel', [features, units], 'float32', glorot(mixSeeds(seed, 1)))
    this.built = true
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const [nodes, features, values] = inputs as [Tensor, Tensor, Tensor]
      return sumByRow(tf.mul(lookUp(this.#kernel!.read(), features), values), nodes, this.options.nodes)
    })
  }

  override computeOutputShape(): Shape {
    return [null, this.options.units]
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...this.options }
  }
}

/** Adds what is learnt for each unit, [units]. */
export class UnitBias extends tf.layers.Layer {
  static className = 'PellucidUnitBias'
  #bias: TensorFlow.LayerVariable | null = null

  constructor(private readonly options: { name: string; units: number }) {
    super({ name: options.name })
  }

  override build(): void {
    this.#bias = this.addWeight('bias', [this.options.units], 'float32', tf.initializers.zeros())
    this.built = true
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => tf.add(Array.isArray(inputs) ? inputs[0]! : inputs, this.#bias!.read()))
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return inputShape as Shape
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...this.options }
  }
}

interface Nodes {
  name: string
  nodes: number
}

/**
 * How much each neighbour counts, [from, to, weights [edges, 1]] to [edges, 1]. `symmetric`: a_ij / sqrt(d_i d_j) with d the
 * sums of weights (Kipf & Welling 2017); `mean`: a_ij / d_j, d_j at least 1, so that they add up to 1 at each node that has neighbours.
 */
export class NeighbourShares extends tf.layers.Layer {
  static className = 'PellucidNeighbourShares'

  constructor(private readonly options: Nodes & { kind: 'symmetric' | 'mean' }) {
    super({ name: options.name })
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const [from, to, weights] = inputs as [Tensor, Tensor, Tensor]
      const degrees = sumByRow(weights, to, this.options.nodes)
      // At least 1, so that all neighbours fade to none when explanations take them away bit by bit.
      if (this.options.kind === 'mean') return tf.div(weights, lookUp(tf.maximum(degrees, 1), to))
      const scale = tf.rsqrt(degrees)
      return tf.mul(weights, tf.mul(lookUp(scale, from), lookUp(scale, to)))
    })
  }

  override computeOutputShape(): Shape {
    return [null, 1]
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...this.options }
  }
}

/**
 * How much each neighbour counts, as learnt by heads of attention: [values [nodes, heads * units], from, to, weights
 * [edges, 1]] to [edges, heads]: softmax over each node's neighbours of LeakyReLU(s·h_from + d·h_to), slope 0.2
 * (Velickovic et al. 2018). An edge's weight multiplies its share before the sum is taken.
 */
export class NeighbourAttention extends tf.layers.Layer {
  static className = 'PellucidNeighbourAttention'
  #parts: TensorFlow.LayerVariable[] = []

  constructor(private readonly options: Units & Nodes & { heads: number }) {
    super({ name: options.name })
  }

  override build(): void {
    const { heads, units, seed } = this.options
    const limit = Math.sqrt(6 / (heads + units))
    const part = (name: string, at: number) =>
      this.addWeight(
        name,
        [heads, units],
        'float32',
        tf.initializers.randomUniform({ minval: -limit, maxval: limit, seed: mixSeeds(seed, at) }),
      )
    this.#parts = [part('from', 2), part('to', 3)]
    this.built = true
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const [values, from, to, weights] = inputs as [Tensor, Tensor, Tensor, Tensor]
      const { heads, units, nodes } = this.options
      const byHead = tf.reshape(values, [-1, heads, units])
      const [sent, received] = this.#parts.map((part) => tf.sum(tf.mul(byHead, part.read()), 2)) as [Tensor, Tensor]
      const scores = tf.leakyRelu(tf.add(lookUp(sent, from), lookUp(received, to)), 0.2)
      // No neighbour's score exceeds that of the strongest sender of all, which keeps the powers within range.
      const most = detached(tf.leakyRelu(tf.add(received, tf.max(sent, 0, true)), 0.2), (x) => tf.clone(x))
      const powers = tf.mul(tf.exp(tf.sub(scores, lookUp(most, to))), weights)
      return tf.div(powers, lookUp(tf.maximum(sumByRow(powers, to, nodes), 1e-30), to))
    })
  }

  override computeOutputShape(): Shape {
    return [null, this.options.heads]
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...this.options }
  }
}

/**
 * What comes to each node from its neighbours: [values [nodes, heads * units], from, to, shares [edges, heads]] to the sums
 * of values times shares, [nodes, heads * units], each head's own.
 */
export class NeighbourSum extends tf.layers.Layer {
  static className = 'PellucidNeighbourSum'

  constructor(private readonly options: Nodes & { units: number; heads: number }) {
    super({ name: options.name })
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const [values, from, to, shares] = inputs as [Tensor, Tensor, Tensor, Tensor]
      const { nodes, units, heads } = this.options
      const sent = lookUp(values, from)
      if (heads === 1) return sumByRow(tf.mul(sent, shares), to, nodes)
      const byHead = tf.mul(tf.reshape(sent, [-1, heads, units]), tf.reshape(shares, [-1, heads, 1]))
      return sumByRow(tf.reshape(byHead, [-1, heads * units]), to, nodes)
    })
  }

  override computeOutputShape(): Shape {
    return [null, this.options.heads * this.options.units]
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...this.options }
  }
}

/** Mean over heads: [nodes, heads * units] to [nodes, units]. */
export class HeadMean extends tf.layers.Layer {
  static className = 'PellucidHeadMean'

  constructor(private readonly options: { name: string; units: number; heads: number }) {
    super({ name: options.name })
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const { heads, units } = this.options
    return tf.tidy(() => tf.mean(tf.reshape(Array.isArray(inputs) ? inputs[0]! : inputs, [-1, heads, units]), 1))
  }

  override computeOutputShape(): Shape {
    return [null, this.options.units]
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...this.options }
  }
}

/** The rows of the nodes that were asked for: [values [nodes, units], places [n, 1]] to [n, units]. */
export class PickNodes extends tf.layers.Layer {
  static className = 'PellucidPickNodes'

  constructor(private readonly options: { name: string; units: number }) {
    super({ name: options.name })
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const [values, places] = inputs as [Tensor, Tensor]
      return lookUp(
        values,
        detached(places, (x) => tf.cast(tf.reshape(x, [-1]), 'int32')),
      )
    })
  }

  override computeOutputShape(): Shape {
    return [null, this.options.units]
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...this.options }
  }
}

const all = [GraphSource, SparseDense, UnitBias, NeighbourShares, NeighbourAttention, NeighbourSum, HeadMean, PickNodes]
for (const layer of all) tf.serialization.registerClass(layer as never)
