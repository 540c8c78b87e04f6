import { z } from 'zod'
import { mixSeeds } from '../random'
import { tf } from '../tf'
import { defineAttribution } from './define'
import { scoreGradient } from './score'
import { sumOfPasses } from './sum-of-passes'

const Params = z.object({
  samples: z.int().min(4).max(4096).default(50).meta({
    title: 'Noisy copies',
    description: 'How many copies of the sample are looked at; more are slower and smoother.',
    group: 'Noise',
  }),
  noise: z.number().min(0).max(1).default(0.15).meta({
    title: 'Noise',
    description: 'Standard deviation of the noise as a share of the range of the sample’s values.',
    group: 'Noise',
  }),
  absolute: z.boolean().default(true).meta({
    title: 'Size only',
    description: 'Shows how much each value matters; switched off, also in which direction it moves the score.',
    group: 'Map',
  }),
  seed: z.int().min(0).default(1).meta({
    title: 'Seed',
    description: 'Draws the noise; the same seed gives the same map.',
    group: 'Noise',
  }),
})

/** Mean of the gradient over copies of the sample with Gaussian noise. */
export default defineAttribution({
  id: 'smooth-grad',
  title: 'SmoothGrad',
  summary: 'Gradient saliency averaged over noisy copies of the sample: less speckled than a single gradient.',
  reference: 'https://arxiv.org/abs/1706.03825',
  params: Params,
  modalities: ['image', 'table', 'series', 'audio', 'text'],
  families: [],
  scope: 'sample',
  signed: false,
  isSignedWith: ({ absolute }) => !absolute,
  complete: false,
  coarse: (params) => ({ ...params, samples: Math.min(params.samples, 16) }),
  async attribute({ input, target, params, signal, progress, ...explained }) {
    const pass = (size: number, from: number) => {
      const deviation = input.max().sub(input.min()).mul(params.noise)
      const shape = [size, ...input.shape.slice(1)]
      const noise = tf.randomNormal(shape, 0, 1, 'float32', mixSeeds(params.seed, from))
      return scoreGradient(explained, input.add(noise.mul(deviation)), target).sum(0, true)
    }
    const sum = await sumOfPasses(input, params.samples, pass, { signal, progress })
    const map = tf.tidy(() => {
      const mean = sum.div(params.samples).squeeze([0])
      return params.absolute ? mean.abs() : mean
    })
    sum.dispose()
    return map
  },
})
