import { z } from 'zod'
import { seededUniform } from './engine/uniform'
import { mixSeeds } from './random'
import { tf, type LayersModel, type Tensor } from './tf'

type Call = (inputs: Tensor | Tensor[], kwargs: { training?: boolean }) => Tensor | Tensor[]

/**
 * Whole feature maps are silenced instead of single values, which their neighbours would give away (Tompson et al.,
 * "Efficient object localization using convolutional networks", 2015). Pictures only: [batch, height, width, maps].
 */
export const spatialDropout = (rate: number, name: string) =>
  tf.layers.dropout({ rate, noiseShape: [null, 1, 1, null] as unknown as number[], name })

/** A family's knob for it. */
export const SpatialDropoutParam = z.number().min(0).max(0.9).default(0).meta({
  group: 'Regularisation',
  title: 'Spatial dropout',
  description:
    'Share of whole feature maps that is silenced behind each block, against overfitting; single pixels would be given away by their neighbours.',
  advanced: true,
})

/**
 * Makes the model's dropout layers draw from (seed, layer, step), so that a run can be repeated and resumed exactly: tfjs'
 * own dropout either repeats one mask for ever or cannot be seeded. Returns what to call with the number of each step,
 * or with the tensor that holds it in a recorded one.
 */
export function seedDropout(model: LayersModel, seed: number): (step: number | Tensor) => void {
  let step: number | Tensor = 0
  model.layers.forEach((layer, position) => {
    if (layer.getClassName() !== 'Dropout') return
    const { rate, noiseShape } = layer as unknown as { rate: number; noiseShape?: (number | null)[] | null }
    const layerSeed = mixSeeds(seed, position)
    const call: Call = (inputs, { training } = {}) => {
      const input = Array.isArray(inputs) ? inputs[0]! : inputs
      if (!training || rate <= 0) return input.clone()
      return tf.tidy(() => {
        const shape = noiseShape?.map((length, axis) => length ?? input.shape[axis]!) ?? input.shape
        const isKept = tf.greaterEqual(seededUniform(shape, layerSeed, step), rate)
        return tf.mul(input, tf.mul(tf.cast(isKept, 'float32'), 1 / (1 - rate)))
      })
    }
    layer.call = call as typeof layer.call
  })
  return (next) => (step = next)
}
