import { z } from 'zod'
import { tf } from '../tf'
import { defineAttribution } from './define'
import { scoreGradient } from './score'

const Params = z.object({
  absolute: z.boolean().default(true).meta({
    title: 'Size only',
    description: 'Shows how much each value matters; switched off, also in which direction it moves the score.',
    group: 'Map',
  }),
})

/** Gradient of the class's logit at the sample: how much each input value would move it. */
export default defineAttribution({
  id: 'gradient',
  title: 'Gradient saliency',
  summary: "Where a small change of the input would move the class's score (its logit) most.",
  reference: 'https://arxiv.org/abs/1312.6034',
  params: Params,
  modalities: ['image', 'table', 'series', 'audio', 'text', 'graph'],
  families: [],
  scope: 'sample',
  signed: false,
  isSignedWith: ({ absolute }) => !absolute,
  complete: false,
  async attribute({ input, target, params, ...explained }) {
    return tf.tidy(() => {
      const gradient = scoreGradient(explained, input, target).squeeze([0])
      return params.absolute ? gradient.abs() : gradient
    })
  },
})
