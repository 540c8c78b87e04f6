import { z } from 'zod'
import { mixSeeds, randomStream } from '../random'
import { tf } from '../tf'
import { Baseline, baselineOf } from './baselines'
import { defineAttribution } from './define'
import { scoreGradient } from './score'
import { perCopy, sumOfPasses } from './sum-of-passes'

const Params = z.object({
  samples: z.int().min(4).max(4096).default(100).meta({
    title: 'Draws',
    description: 'How many random points between the baseline and the sample; more are slower and vary less.',
    group: 'Draws',
  }),
  noise: z.number().min(0).max(1).default(0.05).meta({
    title: 'Noise',
    description: 'Standard deviation of the noise on the sample as a share of the range of its values; 0 adds none.',
    group: 'Draws',
  }),
  seed: z.int().min(0).default(1).meta({
    title: 'Seed',
    description: 'Draws points and noise; the same seed gives the same map.',
    group: 'Draws',
    advanced: true,
  }),
  baseline: Baseline,
})

/**
 * Expected gradients with one baseline b: mean over noisy samples x' and uniform shares a of the gradient at
 * b + a (x' - b), times x' - b.
 */
export default defineAttribution({
  id: 'gradient-shap',
  title: 'GradientSHAP',
  summary:
    'What each value adds compared with the baseline, estimated at random points on the way there; near to SHAP values where the network is nearly linear.',
  reference: 'https://arxiv.org/abs/1705.07874',
  params: Params,
  modalities: ['image', 'table', 'series', 'audio', 'text'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: false,
  completeInMean: true,
  baselineOf: ({ baseline }, input, neutral) => baselineOf(baseline, input, neutral),
  coarse: (params) => ({ ...params, samples: Math.min(params.samples, 16) }),
  async attribute({ input, baseline: neutral, target, params, signal, progress, ...explained }) {
    const baseline = baselineOf(params.baseline, input, neutral)
    const pass = (size: number, from: number) => {
      const deviation = input.max().sub(input.min()).mul(params.noise)
      const shape = [size, ...input.shape.slice(1)]
      const noise = tf.randomNormal(shape, 0, 1, 'float32', mixSeeds(params.seed, from))
      const distance = input.add(noise.mul(deviation)).sub(baseline)
      const random = randomStream(params.seed, from, 1)
      const shares = perCopy(
        Array.from({ length: size }, () => random.uniform()),
        input,
      )
      return scoreGradient(explained, baseline.add(shares.mul(distance)), target)
        .mul(distance)
        .sum(0, true)
    }
    try {
      const sum = await sumOfPasses(input, params.samples, pass, { signal, progress })
      const map = tf.tidy(() => sum.div(params.samples).squeeze([0]))
      sum.dispose()
      return map
    } finally {
      baseline.dispose()
    }
  },
})
