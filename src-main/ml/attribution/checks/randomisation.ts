import { throwIfAborted } from '@shared/errors'
import { defineCheck, mean, said, verdictOf, type CheckInput } from './define'
import { cascade, cascadeDepths } from './randomised-model'
import { rankCorrelation, scaled, ssim } from './similarity'

/** Networks with other start values that the map is compared with. */
const seeds = [101, 102, 103, 104, 105]

/**
 * Likeness up to which a map counts as changed, and from which on as unchanged. Measured on nets trained on MNIST, the
 * sample digits and clothes: of 90 maps each, gradients reach
 * 0.44 and Grad-CAM 0.63, and guided backpropagation lies between 0.69 and 0.89.
 */
const limits: [number, number] = [0.6, 0.67]

interface Step {
  layers: string[]
  ranks: number[]
  structure: number[]
}

/** Likeness of the map to itself at each step of the cascade, by network; a map that became flat is like nothing. */
async function likenesses(input: CheckInput): Promise<Step[]> {
  const { trained, size, isSigned, signal, progress } = input
  const seen = (values: Float64Array) => (isSigned ? values : values.map(Math.abs))
  const before = seen(await input.attribute({}))
  const steps: Step[] = []
  const total =
    seeds.length * cascadeDepths(trained.model.layers.filter(({ weights }) => weights.length > 0).length).length
  let done = 0
  for (const seed of seeds) {
    let depth = 0
    for (const { model, layers } of cascade(trained, seed)) {
      throwIfAborted(signal)
      const after = seen(await input.attribute({ model }))
      const step = (steps[depth++] ??= { layers, ranks: [], structure: [] })
      step.ranks.push(rankCorrelation(before, after) ?? 0)
      if (size) step.structure.push(ssim(scaled(before), scaled(after), size) ?? 0)
      progress(++done, total)
    }
  }
  return steps
}

/**
 * How alike a step left the map: the smaller of the mean rank correlation and the mean structural similarity. A map has to
 * keep both the order of its places and its shapes to count as the same; by one alone a blob over the object is like any
 * other blob, and two maps that are empty around the object are alike there.
 */
const likeness = ({ ranks, structure }: Step): number =>
  structure.length > 0 ? Math.min(mean(ranks), mean(structure)) : mean(ranks)

const told = ({ ranks, structure }: Step): string =>
  `rank correlation ${said(mean(ranks))}${structure.length > 0 ? ` and structural similarity ${said(mean(structure))}` : ''}`

/** How much of the map is left when what the network has learnt is taken away, layer by layer from the output down. */
export default defineCheck({
  id: 'randomisation',
  title: 'Depends on what was learnt',
  question: 'Does the map change when the network forgets what it learnt?',
  reference: 'https://arxiv.org/abs/1810.03292',
  concerns: () => true,
  async run(input) {
    const steps = await likenesses(input)
    const worst = steps.reduce((most, step) => (likeness(step) > likeness(most) ? step : most))
    const value = likeness(worst)
    const decisive = worst.structure.length > 0 && value < mean(worst.ranks) ? worst.structure : worst.ranks
    const verdict = verdictOf(value, limits)
    const many = worst.layers.length
    const what = many === 1 ? 'its output layer' : `its last ${many} layers`
    const judged = {
      passes: 'The map changes with what the network has learnt, as it should.',
      doubtful: 'Much of the map stays: part of it comes from the picture or the architecture, not from the learning.',
      fails: 'The map hardly changes: it shows the input, not what the network has learnt.',
    }[verdict]
    const figures = steps.flatMap(({ layers, ranks, structure }) => {
      const after = layers.length === 1 ? `${layers[0]} random` : `last ${layers.length} layers random`
      return [
        { name: `rank correlation, ${after}`, value: mean(ranks) },
        ...(structure.length > 0 ? [{ name: `SSIM, ${after}`, value: mean(structure) }] : []),
      ]
    })
    return {
      verdict,
      value,
      low: Math.min(...decisive),
      high: Math.max(...decisive),
      text: `The network was given random weights from its output down, ${seeds.length} times. Most alike was the map with ${what} random: ${told(worst)} (1: the same, 0: unrelated). ${judged}`,
      figures,
    }
  },
})
