import { CamParams, classActivationMap, whyNoConvolution } from './cam'
import { defineAttribution } from './define'

/** Feature maps weighted by their mean gradient, positive part, stretched bilinearly to the input's size. */
export default defineAttribution({
  id: 'grad-cam',
  title: 'Grad-CAM',
  summary:
    "Which regions raise the class's score (its logit), seen by the last convolution: coarse, but tied to what the network looks for.",
  reference: 'https://arxiv.org/abs/1610.02391',
  params: CamParams,
  modalities: ['image', 'audio'],
  families: ['cnn', 'resnet'],
  scope: 'sample',
  signed: false,
  complete: false,
  whyIncompatible: whyNoConvolution('Grad-CAM'),
  attribute: async (input) => classActivationMap(input, (_, gradient) => gradient.mean([1, 2], true)),
})
