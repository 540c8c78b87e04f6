import { WorkbenchError } from '@shared/errors'
import { mixSeeds } from '../random'
import { tf, type Tensor, type TensorFlow } from '../tf'
import { orthogonal } from './orthogonal'
import { packingOf } from './packing'
import { zeroState } from './sequence-ops'
import { shardCount } from './shards'

export interface RecurrentOptions {
  units: number
  /** Seeds the initial weights. */
  seed: number
  name?: string
  /** Runs a second network from the end to the start; the outputs of both stand side by side, [.., 2 * units]. */
  bidirectional?: boolean
  /** All outputs [batch, time, units] instead of the last one [batch, units]. */
  returnSequences?: boolean
  /** The last states too, each [batch, units]: of the forward direction, then of the backward one. */
  returnState?: boolean
}

interface Direction {
  isReversed: boolean
  weights: TensorFlow.LayerVariable[]
}

type Shape = (number | null)[]

/**
 * What LSTM and GRU share. Call it on a sequence [batch, time, features], or on [sequence, ...initial states]. A mask
 * [batch, time] skips steps: the state stays as it was, the output is 0 (`zero_output_for_mask` in Keras, a packed sequence
 * in PyTorch). Weights have Keras' names, shapes and initial values.
 */
export abstract class Recurrent extends tf.layers.Layer {
  protected readonly units: number
  protected readonly options: RecurrentOptions
  readonly #directions: Direction[] = []

  constructor(options: RecurrentOptions) {
    super(options.name ? { name: options.name } : {})
    this.options = options
    this.units = options.units
    this.supportsMasking = true
  }

  /** Blocks of `units` columns in the kernels. */
  protected abstract readonly blocks: number
  /** States that a step hands on: h, or h and c. */
  protected abstract readonly stateCount: number
  protected abstract readonly biasShape: number[]
  protected abstract biasInitializer(): Parameters<TensorFlow.layers.Layer['addWeight']>[3]
  /**
   * All steps of one direction.
   * @param x [time, batch, features]; `states` each [batch, units]
   * @returns `stateCount` sequences [time, batch, units], the outputs first; only the first where `wantsAll` is false.
   */
  protected abstract steps(x: Tensor, states: Tensor[], weights: Tensor[], wantsAll: boolean): Tensor[]

  override build(inputShape: Shape | Shape[]): void {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Shape
    const [, , features] = shape
    if (shape.length !== 3 || !features)
      throw new WorkbenchError(
        'incompatible',
        `A recurrent layer takes sequences [batch, time, features], and got [${shape.join(', ')}].`,
      )
    const names = this.options.bidirectional ? ['forward_', 'backward_'] : ['']
    names.forEach((prefix, i) => this.#directions.push(this.#direction(prefix, i === 1, features)))
    this.built = true
  }

  #direction(prefix: string, isReversed: boolean, features: number): Direction {
    const { units, blocks } = this
    const seed = mixSeeds(this.options.seed, Number(isReversed))
    const glorot = tf.initializers.glorotUniform({ seed: mixSeeds(seed, 1) })
    const add = (name: string, shape: number[], initializer: unknown) =>
      this.addWeight(prefix + name, shape, 'float32', initializer as typeof glorot)
    const weights = [
      add('kernel', [features, blocks * units], glorot),
      add('recurrent_kernel', [units, blocks * units], orthogonal(mixSeeds(seed, 2))),
      add('bias', this.biasShape, this.biasInitializer()),
    ]
    return { isReversed, weights }
  }

  override call(inputs: Tensor | Tensor[], { mask, training }: { mask?: Tensor | Tensor[]; training?: boolean } = {}) {
    return tf.tidy(() => {
      const [x, ...states] = Array.isArray(inputs) ? inputs : [inputs]
      const steps = Array.isArray(mask) ? mask[0] : mask
      const batch = [x!, ...states, ...(steps ? [steps] : [])]
      const shards = training ? shardCount(x!.shape[0]!) : 1
      const run = (part: Tensor[]) => {
        const partMask = steps ? part.at(-1)! : null
        return this.#both(part[0]!, part.slice(1, 1 + states.length), partMask)
      }
      const outputs = shards > 1 ? inShards(batch, shards, run) : run(batch)
      return outputs.length > 1 ? outputs : outputs[0]!
    })
  }

  /** Output and, where asked for, last states. */
  #both(x: Tensor, states: Tensor[], mask: Tensor | null): Tensor[] {
    const { stateCount } = this
    const results = this.#directions.map((direction, i) =>
      this.#one(direction, x, states.slice(i * stateCount, (i + 1) * stateCount), mask),
    )
    const outputs = results.map(([output]) => output!)
    const output = outputs.length > 1 ? tf.concat(outputs, -1) : outputs[0]!
    return this.options.returnState ? [output, ...results.flatMap(([, ...last]) => last)] : [output]
  }

  #one({ isReversed, weights }: Direction, x: Tensor, given: Tensor[], mask: Tensor | null): Tensor[] {
    const { returnSequences, returnState = false } = this.options
    const packing = mask && packingOf(mask, isReversed)
    const packed = toTimeFirst(packing ? packing.pack(x) : x)
    const isTurned = isReversed && !packing
    const sequence = isTurned ? tf.reverse(packed, 0) : packed
    const initial =
      given.length > 0 ? given : Array.from({ length: this.stateCount }, () => zeroState(sequence, this.units))
    const read = weights.map((weight) => weight.read())
    const states = this.steps(sequence, initial, read, returnState)
    const last = states.map((state, i) => (packing ? packing.last(toBatchFirst(state), initial[i]!) : lastStep(state)))
    if (!returnSequences) return [last[0]!, ...last]
    const outputs = toBatchFirst(isTurned ? tf.reverse(states[0]!, 0) : states[0]!)
    return [packing ? packing.unpack(outputs) : outputs, ...last]
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    const [batch, time] = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as [number | null, number | null]
    const { units, bidirectional, returnSequences, returnState } = this.options
    const width = bidirectional ? 2 * units : units
    const output = returnSequences ? [batch, time, width] : [batch, width]
    const stateCount = this.stateCount * (bidirectional ? 2 : 1)
    return returnState ? [output, ...Array.from({ length: stateCount }, () => [batch, units])] : output
  }

  override computeMask(_inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor | Tensor[] {
    const steps = (Array.isArray(mask) ? mask[0] : mask) ?? null
    const own = this.options.returnSequences ? steps : null
    const count = this.options.returnState ? this.stateCount * (this.options.bidirectional ? 2 : 1) : 0
    // tfjs marks "no mask" by null, which its types leave out.
    return (count > 0 ? [own, ...Array.from({ length: count }, () => null)] : own) as unknown as Tensor
  }

  override getConfig(): TensorFlow.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.options, name: this.name }
  }
}

const toTimeFirst = (x: Tensor): Tensor => tf.transpose(x, [1, 0, 2])
const toBatchFirst = toTimeFirst

/** Last of [time, batch, n] as [batch, n]. */
function lastStep(sequence: Tensor): Tensor {
  const [time, , width] = sequence.shape as [number, number, number]
  return tf.reshape(tf.slice(sequence, [time - 1, 0, 0], [1, -1, -1]), [-1, width])
}

/** Computes parts of a batch apart from one another, which a traced step does on as many threads, and joins the results. */
function inShards(batch: Tensor[], shards: number, run: (part: Tensor[]) => Tensor[]): Tensor[] {
  const parts = batch.map((tensor) => tf.split(tensor, shards, 0))
  const results = Array.from({ length: shards }, (_, i) => run(parts.map((part) => part[i]!)))
  return results[0]!.map((_, k) =>
    tf.concat(
      results.map((result) => result[k]!),
      0,
    ),
  )
}
