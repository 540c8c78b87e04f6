import { randomStream } from '../random'
import { tf, type Tensor } from '../tf'

interface NativeBackend {
  executeSingleOutput(op: string, attributes: object[], inputs: Tensor[]): Tensor
  binding: Record<'TF_ATTR_TYPE' | 'TF_FLOAT' | 'TF_INT32', number>
}

/**
 * Uniform numbers in [0, 1) that depend on nothing but two seeds: TensorFlow's counter-based generator (Salmon et al.,
 * "Parallel random numbers: as easy as 1, 2, 3", 2011) or, on the JavaScript engine, our own. tfjs' own draws in
 * JavaScript, which is slow and would freeze into a recorded graph. There the step is a tensor (int32 scalar).
 */
export function seededUniform(shape: number[], seed: number, step: number | Tensor): Tensor {
  if (tf.getBackend() !== 'tensorflow') {
    const random = randomStream(seed, typeof step === 'number' ? step : step.dataSync()[0]!)
    const size = shape.reduce((product, length) => product * length, 1)
    return tf.tensor(Float32Array.from({ length: size }, random.uniform), shape)
  }
  const backend = tf.backend() as unknown as NativeBackend
  const { TF_ATTR_TYPE: type, TF_FLOAT, TF_INT32 } = backend.binding
  const attributes = [
    { name: 'dtype', type, value: TF_FLOAT },
    { name: 'T', type, value: TF_INT32 },
    { name: 'Tseed', type, value: TF_INT32 },
  ]
  const seeds =
    typeof step === 'number'
      ? tf.tensor1d([seed | 0, step | 0], 'int32')
      : tf.tidy(() => tf.stack([tf.scalar(seed | 0, 'int32'), step]))
  const inputs = [tf.tensor1d(shape, 'int32'), seeds]
  const drawn = backend.executeSingleOutput('StatelessRandomUniform', attributes, inputs)
  inputs.forEach((input) => input.dispose())
  return drawn
}
