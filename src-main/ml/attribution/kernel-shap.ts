import { z } from 'zod'
import { randomStream, shuffled, type Random } from '../random'
import { Baseline, baselineOf } from './baselines'
import { coalitionScores, everyCoalition, leastSquares, partsOf, spread } from './coalitions'
import { defineAttribution } from './define'

const Params = z.object({
  samples: z.int().min(32).max(65_536).default(1024).meta({
    title: 'Coalitions',
    description:
      'How many sets of shown parts are looked at; more are slower and vary less. Where there are no more sets than that, all are taken and the values are exact.',
    group: 'Draws',
  }),
  cells: z.int().min(2).max(32).default(7).meta({
    title: 'Cells',
    description: 'Pictures: squares along each side that are shown or hidden as a whole.',
    group: 'Parts',
  }),
  seed: z.int().min(0).default(1).meta({
    title: 'Seed',
    description: 'Draws the sets; the same seed gives the same map.',
    group: 'Draws',
    advanced: true,
  }),
  baseline: Baseline,
})

/** Shapley's kernel for a coalition of `size` out of `count` parts, without the constant. */
function kernel(count: number, size: number): number {
  let ways = 1
  for (let i = 1; i <= size; i++) ways = (ways * (count - size + i)) / i
  return (count - 1) / (ways * size * (count - size))
}

/** Sizes are drawn as the kernel weighs them, and each set comes with its opposite, which halves the spread. */
function drawn(count: number, samples: number, random: Random): Uint8Array[] {
  const shares = Array.from({ length: count - 1 }, (_, i) => 1 / ((i + 1) * (count - i - 1)))
  const total = shares.reduce((sum, share) => sum + share, 0)
  const sizeOf = (at: number) => {
    let sum = 0
    const index = shares.findIndex((share) => (sum += share / total) > at)
    return index < 0 ? count - 1 : index + 1
  }
  return Array.from({ length: Math.ceil(samples / 2) }, () => {
    const size = sizeOf(random.uniform())
    const coalition = new Uint8Array(count)
    for (const part of shuffled(count, random).subarray(0, size)) coalition[part] = 1
    return [coalition, coalition.map((isShown) => 1 - isShown)]
  }).flat()
}

/** Shapley values by weighted least squares in which the parts must sum to the change in score. */
export default defineAttribution({
  id: 'kernel-shap',
  title: 'KernelSHAP',
  summary:
    "What each field, or square of a picture, adds to the class's score (its logit) compared with a baseline: Shapley values, exact for few parts, estimated for many.",
  reference: 'https://arxiv.org/abs/1705.07874',
  params: Params,
  modalities: ['image', 'table'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: true,
  baselineOf: ({ baseline }, input, neutral) => baselineOf(baseline, input, neutral),
  coarse: (params) => ({ ...params, samples: Math.min(params.samples, 256) }),
  async attribute({ input, baseline: neutral, target, params, fields, logits, signal, progress }) {
    const parts = partsOf(input, params.cells, fields)
    const count = parts.length
    const isExact = count < 16 && 2 ** count <= params.samples
    const baseline = baselineOf(params.baseline, input, neutral)
    try {
      const some = isExact
        ? everyCoalition(count).slice(1, -1)
        : drawn(count, params.samples, randomStream(params.seed))
      const ends = [new Uint8Array(count).fill(1), new Uint8Array(count)]
      const asked = { input, baseline, target, logits, signal, progress }
      const scores = await coalitionScores(asked, parts, [...ends, ...some])
      const [all, none] = scores as unknown as [number, number]
      const change = all - none
      const weights = some.map((coalition) =>
        isExact
          ? kernel(
              count,
              coalition.reduce((a, b) => a + b, 0),
            )
          : 1,
      )
      // The last part is what the others leave of the change, so that the sum holds exactly.
      const last = count - 1
      const rows = some.map((coalition) =>
        Float64Array.from(coalition.subarray(0, last), (one) => one - coalition[last]!),
      )
      const targets = some.map((coalition, i) => scores[i + 2]! - none - coalition[last]! * change)
      const worth = leastSquares(rows, targets, weights)
      const rest = change - worth.reduce((sum, value) => sum + value, 0)
      return spread([...worth, rest], parts, input)
    } finally {
      baseline.dispose()
    }
  },
})
