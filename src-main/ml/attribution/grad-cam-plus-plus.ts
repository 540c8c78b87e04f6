import { tf, type Tensor } from '../tf'
import { CamParams, classActivationMap, whyNoConvolution } from './cam'
import { defineAttribution } from './define'

/**
 * Weights of the feature maps [1, 1, 1, k]: equation 19 of the paper for a score exp(logit), whose own size is left out
 * because it scales the whole map. A place where the gradient vanishes has no say.
 */
const weigh = (maps: Tensor, gradient: Tensor): Tensor => {
  const square = gradient.square()
  const bottom = square.mul(2).add(maps.sum([1, 2], true).mul(gradient.mul(square)))
  const isDefined = bottom.notEqual(0)
  const shares = square.div(tf.where(isDefined, bottom, tf.onesLike(bottom))).mul(isDefined.cast('float32'))
  return shares.mul(gradient.relu()).sum([1, 2], true)
}

/** Grad-CAM whose weights ask each place on its own, so that several objects of a class all show. */
export default defineAttribution({
  id: 'grad-cam++',
  title: 'Grad-CAM++',
  summary:
    "Like Grad-CAM, but each place that raises the class's score counts by itself: several objects, or a whole one, show better.",
  reference: 'https://arxiv.org/abs/1710.11063',
  params: CamParams,
  modalities: ['image', 'audio'],
  families: ['cnn', 'resnet'],
  scope: 'sample',
  signed: false,
  complete: false,
  whyIncompatible: whyNoConvolution('Grad-CAM++'),
  attribute: async (input) => classActivationMap(input, weigh),
})
