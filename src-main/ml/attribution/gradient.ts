import { z } from 'zod'
import { tf } from '../tf'
import { defineAttribution } from './define'
import { scoreGradient } from './score'

/** Absolute gradient of the class's logit at the sample: how much each input value would move it. */
export default defineAttribution({
  id: 'gradient',
  title: 'Gradient saliency',
  summary: 'Where a small change of the input would move the class score most, in either direction.',
  reference: 'https://arxiv.org/abs/1312.6034',
  params: z.object({}),
  modalities: ['image', 'table'],
  families: [],
  scope: 'sample',
  signed: false,
  complete: false,
  async attribute({ input, target, ...explained }) {
    return tf.tidy(() => scoreGradient(explained, input, target).abs().squeeze([0]))
  },
})
