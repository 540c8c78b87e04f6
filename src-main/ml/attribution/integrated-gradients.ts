import { z } from 'zod'
import { tf, type Tensor } from '../tf'
import { Baseline, baselineOf } from './baselines'
import { defineAttribution } from './define'
import { scoreGradient } from './score'
import { perCopy, sumOfPasses } from './sum-of-passes'

const Params = z.object({
  steps: z.int().min(8).max(512).default(64).meta({
    title: 'Steps',
    description: 'Points on the path from the baseline to the sample; more are slower and add up more exactly.',
    group: 'Path',
  }),
  baseline: Baseline,
})

/** Averages the gradient along the straight path from the baseline to the input (midpoint rule), times the distance. */
export default defineAttribution({
  id: 'integrated-gradients',
  title: 'Integrated gradients',
  summary:
    "How much each input value adds to the class's score (its logit) compared with a neutral baseline; the parts add up.",
  reference: 'https://arxiv.org/abs/1703.01365',
  params: Params,
  modalities: ['image', 'table', 'series', 'audio', 'text', 'graph'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: true,
  baselineOf: ({ baseline }, input, neutral) => baselineOf(baseline, input, neutral),
  coarse: (params) => ({ ...params, steps: Math.min(params.steps, 16) }),
  async attribute({ input, baseline: neutral, target, params, signal, progress, ...explained }) {
    const { steps } = params
    const baseline = baselineOf(params.baseline, input, neutral)
    const distance = input.sub(baseline)
    // Midpoints of the steps.
    const share = (step: number) => (step + 0.5) / steps
    const pass = (size: number, from: number) => {
      const shares = perCopy(
        Array.from({ length: size }, (_, i) => share(from + i)),
        input,
      )
      const path: Tensor = baseline.add(shares.mul(distance))
      return scoreGradient(explained, path, target).sum(0, true)
    }
    try {
      const sum = await sumOfPasses(input, steps, pass, { signal, progress })
      const map = tf.tidy(() => sum.div(steps).mul(distance).squeeze([0]))
      sum.dispose()
      return map
    } finally {
      tf.dispose([distance, baseline])
    }
  },
})
