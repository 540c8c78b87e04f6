import type { Verdict } from '@shared/schemas/explanation'
import { randomStream, shuffled } from '../../random'
import { defineCheck, mean, said, type CheckInput } from './define'
import { areaUnder, curveSteps, removalCurve } from './removal'

const randomOrders = 12
/** Student's t for 95 % with one degree of freedom less than there are orders. */
const t = 2.201

interface Compared {
  own: number
  random: number
  /** How much better than a random order, with its 95 % interval. */
  lead: number
  margin: number
}

const verdictOfLead = ({ lead, margin }: Compared): Verdict =>
  lead - margin > 0 ? 'passes' : lead + margin < 0 ? 'fails' : 'doubtful'

/** Places from the most to the least important; equal ones in their own order. */
export const byScore = (scores: ArrayLike<number>): Int32Array =>
  Int32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b)

function compared(own: number, random: number[], better: 1 | -1): Compared {
  const average = mean(random)
  const variance = random.reduce((sum, area) => sum + (area - average) ** 2, 0) / (random.length - 1)
  return { own, random: average, lead: better * (own - average), margin: t * Math.sqrt(variance / random.length) }
}

async function compareOrders(input: CheckInput): Promise<{ deletion: Compared; insertion: Compared }> {
  const [sample, absent] = await Promise.all([input.input.data<'float32'>(), input.baseline.data<'float32'>()])
  const at = curveSteps(input.places.length).map((count) => count / input.places.length)
  const areas = async (order: Int32Array) => ({
    deletion: areaUnder(at, await removalCurve(input, order, sample, absent)),
    insertion: areaUnder(at, await removalCurve(input, order, absent, sample)),
  })
  const own = await areas(byScore(input.scores))
  const random: Awaited<ReturnType<typeof areas>>[] = []
  for (let i = 0; i < randomOrders; i++) {
    random.push(await areas(shuffled(input.places.length, randomStream(7, i))))
    input.progress(i + 1, randomOrders)
  }
  const column = (key: 'deletion' | 'insertion') => random.map((areas) => areas[key])
  return {
    deletion: compared(own.deletion, column('deletion'), -1),
    insertion: compared(own.insertion, column('insertion'), 1),
  }
}

/** Whether taking away, or putting back, what the map calls important moves the class more than a random order does. */
export default defineCheck({
  id: 'deletion-insertion',
  title: 'Finds what matters',
  question: 'Does the answer fall when the marked places go, and come back with them?',
  reference: 'https://arxiv.org/abs/1806.07421',
  concerns: () => true,
  async run(input) {
    const { deletion, insertion } = await compareOrders(input)
    const verdicts = [verdictOfLead(deletion), verdictOfLead(insertion)]
    const verdict = verdicts.includes('fails') ? 'fails' : verdicts.includes('doubtful') ? 'doubtful' : 'passes'
    const judged = {
      passes: 'Both beat a random order: the map finds what the network uses.',
      doubtful: 'This is not surely better than a random order.',
      fails: 'A random order does better: the map misses what the network uses.',
    }[verdict]
    const value = (deletion.lead + insertion.lead) / 2
    const margin = Math.hypot(deletion.margin, insertion.margin) / 2
    return {
      verdict,
      value,
      low: value - margin,
      high: value + margin,
      text: `Places were taken away from the most important down; the class keeps ${said(deletion.own)} of its probability on the way (random order: ${said(deletion.random)} ± ${said(deletion.margin)}; less is better). Put back in that order it reaches ${said(insertion.own)} (random: ${said(insertion.random)} ± ${said(insertion.margin)}; more is better). ${judged}`,
      figures: [
        { name: 'deletion AUC', value: deletion.own },
        { name: 'deletion AUC, random order', value: deletion.random },
        { name: 'deletion AUC, margin of random orders', value: deletion.margin },
        { name: 'insertion AUC', value: insertion.own },
        { name: 'insertion AUC, random order', value: insertion.random },
        { name: 'insertion AUC, margin of random orders', value: insertion.margin },
      ],
    }
  },
})
