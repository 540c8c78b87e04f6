import { z } from 'zod'
import { randomStream } from '../random'
import { Baseline, baselineOf } from './baselines'
import { coalitionScores, everyCoalition, leastSquares, partsOf, spread } from './coalitions'
import { defineAttribution } from './define'

const Params = z.object({
  samples: z.int().min(32).max(65_536).default(1024).meta({
    title: 'Neighbours',
    description:
      'How many versions of the sample with parts hidden are looked at; more are slower and vary less. Where there are no more versions than that, all are taken.',
    group: 'Draws',
  }),
  cells: z.int().min(2).max(32).default(7).meta({
    title: 'Cells',
    description: 'Pictures: squares along each side that are shown or hidden as a whole.',
    group: 'Parts',
  }),
  width: z.number().min(0.01).max(10).default(0.25).meta({
    title: 'Neighbourhood',
    description: 'How fast a version counts less the more of it is hidden (cosine distance); small stays near.',
    group: 'Draws',
    advanced: true,
  }),
  ridge: z.number().min(0).max(1000).default(1).meta({
    title: 'Ridge',
    description: 'Pulls the weights of the linear stand-in towards zero; 0 lets them be.',
    group: 'Draws',
    advanced: true,
  }),
  seed: z.int().min(0).default(1).meta({
    title: 'Seed',
    description: 'Draws the versions; the same seed gives the same map.',
    group: 'Draws',
    advanced: true,
  }),
  baseline: Baseline,
})

/** How near a coalition is to the whole sample, by the cosine between the two: 1 for the sample itself. */
function nearness(coalition: Uint8Array, width: number): number {
  const shown = coalition.reduce((sum, one) => sum + one, 0)
  const distance = 1 - Math.sqrt(shown / coalition.length)
  return Math.sqrt(Math.exp(-(distance ** 2) / width ** 2))
}

/** Ridge regression with an intercept that is not pulled: everything is centred at its weighted mean first. */
export function ridgeWeights(
  coalitions: Uint8Array[],
  scores: ArrayLike<number>,
  weights: number[],
  ridge: number,
): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const count = coalitions[0]!.length
  const centre = new Float64Array(count)
  let level = 0
  coalitions.forEach((coalition, i) => {
    level += (weights[i]! * scores[i]!) / total
    coalition.forEach((one, part) => (centre[part]! += (weights[i]! * one) / total))
  })
  const rows = coalitions.map((coalition) => Float64Array.from(coalition, (one, part) => one - centre[part]!))
  return leastSquares(
    rows,
    Array.from(scores, (score) => score - level),
    weights,
    ridge,
  )
}

/** Weights of a linear model that stands in for the network near this sample, in terms of shown and hidden parts. */
export default defineAttribution({
  id: 'lime',
  title: 'LIME',
  summary:
    "Fits a simple linear model to the class's score (its logit) of versions of the sample with some fields, or squares of a picture, hidden.",
  reference: 'https://arxiv.org/abs/1602.04938',
  params: Params,
  modalities: ['image', 'table'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: false,
  baselineOf: ({ baseline }, input, neutral) => baselineOf(baseline, input, neutral),
  coarse: (params) => ({ ...params, samples: Math.min(params.samples, 256) }),
  async attribute({ input, baseline: neutral, target, params, fields, logits, signal, progress }) {
    const parts = partsOf(input, params.cells, fields)
    const count = parts.length
    const random = randomStream(params.seed)
    const isAll = count < 16 && 2 ** count <= params.samples
    const some = isAll
      ? everyCoalition(count)
      : Array.from({ length: params.samples }, (_, i) =>
          Uint8Array.from({ length: count }, () => (i === 0 ? 1 : random.below(2))),
        )
    const baseline = baselineOf(params.baseline, input, neutral)
    try {
      const scores = await coalitionScores({ input, baseline, target, logits, signal, progress }, parts, some)
      const weights = some.map((coalition) => nearness(coalition, params.width))
      return spread(ridgeWeights(some, scores, weights, params.ridge), parts, input)
    } finally {
      baseline.dispose()
    }
  },
})
