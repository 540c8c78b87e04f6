import { throwIfAborted } from '@shared/errors'
import { breathe } from '../evaluate'
import { tf, type Tensor, type TensorFlow } from '../tf'
import { CamParams, featureMaps, whyNoConvolution } from './cam'
import { defineAttribution } from './define'

/** Masked pictures computed in one pass. */
const batch = 16

/** Feature maps [1, h, w, k] as masks of the picture's size, each from 0 to 1: [k, height, width, 1]. */
function masksOf(maps: Tensor, [height, width]: [number, number]): Tensor {
  return tf.tidy(() => {
    const large = tf.image.resizeBilinear(maps as TensorFlow.Tensor4D, [height, width], false, true)
    const each = large.squeeze([0]).transpose([2, 0, 1]).expandDims(3)
    const low = each.min([1, 2], true)
    const range = each.max([1, 2], true).sub(low)
    const isFlat = range.equal(0)
    return each.sub(low).div(tf.where(isFlat, tf.onesLike(range), range))
  })
}

/** Grad-CAM without a gradient: a map weighs as much as the class's score of the picture seen through it. */
export default defineAttribution({
  id: 'score-cam',
  title: 'Score-CAM',
  summary:
    "Which regions the class's score (its logit) needs, found by showing the network only what each of its last feature maps lights up.",
  reference: 'https://arxiv.org/abs/1910.01279',
  params: CamParams,
  modalities: ['image'],
  families: ['cnn', 'resnet'],
  scope: 'sample',
  signed: false,
  complete: false,
  whyIncompatible: whyNoConvolution('Score-CAM'),
  async attribute({ model, input, baseline, target, params, logits, signal, progress }) {
    const size: [number, number] = [input.shape[1]!, input.shape[2]!]
    const maps = featureMaps({ model, input, params, logits })
    const masks = masksOf(maps, size)
    try {
      const count = masks.shape[0]!
      const scores: number[] = []
      for (let from = 0; from < count; from += batch) {
        throwIfAborted(signal)
        const part = tf.tidy(() => {
          const mask = masks.slice(from, Math.min(batch, count - from))
          // What the mask leaves dark is the baseline.
          const seen = baseline.add(mask.mul(input.sub(baseline)))
          return logits(seen).slice([0, target], [-1, 1])
        })
        scores.push(...(await part.data<'float32'>()))
        part.dispose()
        progress(scores.length, count)
        await breathe()
      }
      return tf.tidy(() => {
        // The score of the baseline alone would shift all scores alike, which the softmax does not see.
        const weights = tf.softmax(tf.tensor1d(scores)).reshape([1, 1, 1, count])
        const cam = maps.mul(weights).sum(3, true).relu() as TensorFlow.Tensor4D
        return tf.image.resizeBilinear(cam, size, false, true).squeeze([0, 3])
      })
    } finally {
      tf.dispose([maps, masks])
    }
  },
})
