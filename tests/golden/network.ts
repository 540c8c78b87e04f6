import { tf, type LayersModel, type TensorFlow } from '@main/ml/tf'

export interface Array_ {
  shape: number[]
  data: number[]
}

export interface Layer {
  type: string
  kernel?: Array_
  bias?: Array_
  activation?: 'relu' | 'tanh' | 'linear'
  [key: string]: unknown
}

type Kind = 'dense' | 'conv2d' | 'maxPooling2d' | 'averagePooling2d' | 'flatten' | 'globalAveragePooling2d'

/** The reference's network with its weights; activations inside their layers, or as layers of their own. */
export function build({ inputShape, layers }: { inputShape: number[]; layers: Layer[] }, isSplit = false): LayersModel {
  const model = tf.sequential()
  model.add(tf.layers.inputLayer({ inputShape }))
  for (const { type, kernel, bias, activation = 'linear', ...config } of layers) {
    const inside = isSplit ? 'linear' : activation
    const make = tf.layers[type as Kind] as (config: object) => TensorFlow.layers.Layer
    const layer = make(kernel ? { ...config, activation: inside } : config)
    model.add(layer)
    if (kernel && bias) layer.setWeights([tf.tensor(kernel.data, kernel.shape), tf.tensor(bias.data, bias.shape)])
    if (kernel && inside !== activation) model.add(tf.layers.activation({ activation }))
  }
  return model
}
