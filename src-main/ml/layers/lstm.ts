import { tf, type Tensor, type Tensors } from '../tf'
import { lstmSequence } from './lstm-sequence'
import { Recurrent, type RecurrentOptions } from './recurrent'

/**
 * LSTM layer, a drop-in for `tf.layers.lstm`, with Keras' weights: gates i, f, g, o; sigmoid gates, tanh candidate, forget
 * bias 1. PyTorch's two biases add up to the one here, its matrices are transposed.
 */
export class Lstm extends Recurrent {
  static className = 'PellucidLstm'
  protected override readonly blocks = 4
  protected override readonly stateCount = 2

  protected override get biasShape(): number[] {
    return [4 * this.units]
  }

  /** The forget gate starts open (Jozefowicz, Zaremba & Sutskever, 2015). */
  protected override biasInitializer() {
    const { units } = this
    const apply = () => tf.tidy(() => tf.concat([tf.zeros([units]), tf.ones([units]), tf.zeros([2 * units])]))
    return { apply } as never
  }

  protected override steps(x: Tensor, states: Tensor[], weights: Tensor[], wantsAll: boolean): Tensor[] {
    const [inputKernel, stateKernel, bias] = weights as Tensors<3>
    const kernel = tf.concat([inputKernel, stateKernel], 0)
    const result = lstmSequence(x, states as Tensors<2>, { kernel, bias }, wantsAll)
    return wantsAll ? tf.split(result, 2, 2) : [result]
  }
}

export const lstm = (options: RecurrentOptions): Lstm => new Lstm(options)
tf.serialization.registerClass(Lstm as never)
