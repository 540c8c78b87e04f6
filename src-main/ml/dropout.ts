import { seededUniform } from './engine/uniform'
import { mixSeeds } from './random'
import { tf, type LayersModel, type Tensor } from './tf'

type Call = (inputs: Tensor | Tensor[], kwargs: { training?: boolean }) => Tensor | Tensor[]

/**
 * Makes the model's dropout layers draw from (seed, layer, step), so that a run can be repeated and resumed exactly: tfjs'
 * own dropout either repeats one mask for ever or cannot be seeded. Returns what to call with the number of each step,
 * or with the tensor that holds it in a recorded one.
 */
export function seedDropout(model: LayersModel, seed: number): (step: number | Tensor) => void {
  let step: number | Tensor = 0
  model.layers.forEach((layer, position) => {
    if (layer.getClassName() !== 'Dropout') return
    const { rate } = layer as unknown as { rate: number }
    const layerSeed = mixSeeds(seed, position)
    const call: Call = (inputs, { training } = {}) => {
      const input = Array.isArray(inputs) ? inputs[0]! : inputs
      if (!training || rate <= 0) return input.clone()
      return tf.tidy(() => {
        const isKept = tf.greaterEqual(seededUniform(input.shape, layerSeed, step), rate)
        return tf.mul(input, tf.mul(tf.cast(isKept, 'float32'), 1 / (1 - rate)))
      })
    }
    layer.call = call as typeof layer.call
  })
  return (next) => (step = next)
}
