import { tf, type Tensor, type TensorFlow } from '../tf'

type Shape = (number | null)[]

/** A picture read from left to right: [batch, height, width, channels] becomes [batch, width, height * channels]. */
export class Frames extends tf.layers.Layer {
  static className = 'PellucidFrames'

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs
      const [, height, width, channels] = x.shape as [number, number, number, number]
      return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [-1, width, height * channels])
    })
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [batch, height, width, channels] = inputShape as Shape
    return [batch!, width!, height! * channels!]
  }

  override getConfig(): TensorFlow.serialization.ConfigDict {
    return { ...super.getConfig(), name: this.name }
  }
}

tf.serialization.registerClass(Frames as never)
