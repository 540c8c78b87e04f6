import { z } from 'zod'
import { throwIfAborted } from '@shared/errors'
import { tf, type Tensor } from '../tf'
import { defineAttribution } from './define'
import { scoreGradient } from './score'

const Params = z.object({
  steps: z.int().min(8).max(512).default(64).meta({
    title: 'Steps',
    description: 'Points on the path from the baseline to the sample; more are slower and add up more exactly.',
    group: 'Path',
  }),
})

/** Points computed in one pass, so that memory stays bounded whatever the number of steps. */
const chunk = 16

/** Averages the gradient along the straight path from the baseline to the input (midpoint rule), times the distance. */
export default defineAttribution({
  id: 'integrated-gradients',
  title: 'Integrated gradients',
  summary:
    "How much each input value adds to the class's score (its logit) compared with a neutral baseline; the parts add up.",
  reference: 'https://arxiv.org/abs/1703.01365',
  params: Params,
  modalities: ['image', 'table'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: true,
  async attribute({ input, baseline, target, params: { steps }, signal, progress, ...explained }) {
    const distance = input.sub(baseline)
    let sum = tf.zerosLike(input)
    try {
      for (let from = 0; from < steps; from += chunk) {
        throwIfAborted(signal)
        const count = Math.min(chunk, steps - from)
        const next = tf.tidy(() => {
          // Midpoints of the steps, shaped [count, 1, …, 1] so that each scales the whole sample.
          const shares = Array.from({ length: count }, (_, i) => (from + i + 0.5) / steps)
          const alphas = tf.tensor(shares, [count, ...input.shape.slice(1).map(() => 1)])
          const path: Tensor = baseline.add(alphas.mul(distance))
          return sum.add(scoreGradient(explained, path, target).sum(0, true))
        })
        sum.dispose()
        sum = next
        progress(from + count, steps)
        await new Promise((done) => setImmediate(done))
      }
      return tf.tidy(() => sum.div(steps).mul(distance).squeeze([0]))
    } finally {
      tf.dispose([sum, distance])
    }
  },
})
