import { tf, type Tensor, type Tensors } from '../tf'
import { gruSequence, type ResetGate } from './gru-sequence'
import { Recurrent, type RecurrentOptions } from './recurrent'

export interface GruOptions extends RecurrentOptions {
  /** Default `after`, as PyTorch, cuDNN and Keras. */
  reset?: ResetGate
}

/**
 * GRU layer with Keras' weights: gates z, r, n; bias [2, 3 * units] for input and state where the reset comes after, else
 * [3 * units] (`tf.layers.gru` computes the latter). PyTorch's order is r, z, n; its matrices are transposed.
 */
export class Gru extends Recurrent {
  static className = 'PellucidGru'
  protected override readonly blocks = 3
  protected override readonly stateCount = 1
  readonly #reset: ResetGate

  constructor(options: GruOptions) {
    super(options)
    this.#reset = options.reset ?? 'after'
  }

  protected override get biasShape(): number[] {
    return this.#reset === 'after' ? [2, 3 * this.units] : [3 * this.units]
  }

  protected override biasInitializer() {
    return tf.initializers.zeros()
  }

  protected override steps(x: Tensor, [h0]: Tensor[], weights: Tensor[]): Tensor[] {
    const [inputKernel, stateKernel, bias] = weights as Tensors<3>
    const biases = this.#reset === 'after' ? tf.unstack(bias) : [bias, tf.zerosLike(bias)]
    const [inputBias, stateBias] = biases as Tensors<2>
    return [gruSequence(x, h0!, { inputKernel, stateKernel, inputBias, stateBias }, this.#reset)]
  }
}

export const gru = (options: GruOptions): Gru => new Gru(options)
tf.serialization.registerClass(Gru as never)
