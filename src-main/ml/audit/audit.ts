import { throwIfAborted } from '@shared/errors'
import type { Audit, Interval } from '@shared/schemas/fairness'
import type { DisparityMetric, FairnessMetric, GroupCounts, RateMetric } from '../fairness/define'
import { sampleCount } from '../fairness/rates'
import { randomStream } from '../random'
import { acceleration, bcaInterval } from './bca'
import { resampler, wilsonInterval } from './bootstrap'
import { comparePairs, describePair, hitsOf } from './comparisons'
import { curvesByGroup } from './curves'
import { disparityInterval, isDegenerate, smoothed } from './disparity'
import { summarize } from './summary'

export interface AuditInput {
  runId: string
  /** Names of the sensitive features, in the order of each sample's group values. */
  sensitive: string[]
  split: Audit['split']
  positive: string
  threshold: number
  rounds: number
  level: number
  seed: number
  /** A group with fewer samples is marked small. */
  smallGroup: number
  /** Samples of the split that were left out because their true outcome is not known. */
  unlabelled: number
  /** Per sample: is its true outcome the favourable one? */
  truth: boolean[]
  /** Per sample: the model's probability of the favourable outcome, 0-1. */
  scores: number[]
  /** Per sample: its value of each sensitive feature. */
  groups: string[][]
}

interface Group {
  values: string[]
  counts: GroupCounts
}

const roundsPerBreath = 50

/**
 * Every rate by group, every pair of groups and every disparity at one threshold, each with a BCa bootstrap interval. The
 * groups are drawn again together, so a disparity is computed from whole worlds and not from single intervals. What is a
 * finding is decided by permutation tests, corrected over all comparisons.
 */
export async function audit(
  input: AuditInput,
  metrics: Iterable<FairnessMetric>,
  { signal, progress = () => {} }: { signal?: AbortSignal; progress?: (done: number, total: number) => void } = {},
): Promise<Audit> {
  const all = [...metrics]
  const rates = all.filter((metric): metric is RateMetric => metric.kind === 'rate').sort(byReadingOrder)
  const disparities = all.filter((metric): metric is DisparityMetric => metric.kind !== 'rate').sort(byReadingOrder)
  const { groups, membership } = countGroups(input)
  const counts = groups.map((group) => group.counts)
  const { rounds, smoothedRounds } = await drawRounds(input, counts, signal, progress)
  const { level } = input
  const ratesOf = ({ compute }: RateMetric, world: (groups: GroupCounts[]) => GroupCounts) =>
    Float64Array.from(rounds, (round) => compute(world(round)) ?? NaN)
  const names = groups.map(({ values }) => values.join(' · '))
  const drawn = new Map(rates.map((metric) => [metric, counts.map((_, g) => ratesOf(metric, (world) => world[g]!))]))
  const ofGroup = (index: number) =>
    Object.fromEntries(
      rates.map((metric) => [metric.id, rateInterval(metric, counts[index]!, drawn.get(metric)![index]!, level)]),
    )
  const pairs = comparePairs(counts, rates, input.smallGroup)
  const survives = (metric: DisparityMetric) =>
    pairs.some((pair) => metric.rates.includes(pair.metric.compute) && pair.q <= 1 - level)
  const result: Omit<Audit, 'summary'> = {
    runId: input.runId,
    sensitive: input.sensitive,
    split: input.split,
    positive: input.positive,
    threshold: input.threshold,
    level,
    rounds: input.rounds,
    n: input.truth.length,
    unlabelled: input.unlabelled,
    metrics: [...rates, ...disparities].map(({ id, title, summary }) => ({ id, title, summary })),
    overall: Object.fromEntries(
      rates.map((metric) => [metric.id, rateInterval(metric, total(counts), ratesOf(metric, total), level)]),
    ),
    byGroup: groups.map(({ values, counts: own }, index) => ({
      group: Object.fromEntries(input.sensitive.map((feature, k) => [feature, values[k]!])),
      n: sampleCount(own),
      small: sampleCount(own) < input.smallGroup,
      metrics: ofGroup(index),
    })),
    disparities: disparities.map((metric) => {
      const isFinding = survives(metric)
      const worlds = isDegenerate(metric, counts) ? smoothedRounds : rounds
      const interval = disparityInterval(metric, counts, worlds, level, isFinding)
      return {
        ...interval,
        metric: metric.id,
        kind: metric.kind,
        ideal: metric.ideal,
        groups: (metric.ends(counts) ?? []).map((index) => names[index]!),
        isFinding,
        isAtBoundary: interval.value !== null && !isFinding,
      }
    }),
    comparisons: pairs.map((pair) => describePair(pair, counts, drawn.get(pair.metric)!, names, level)),
    curves: curvesByGroup({ ...input, groups: membership }, names, level),
  }
  return { ...result, summary: summarize(result) }
}

async function drawRounds(
  input: AuditInput,
  counts: GroupCounts[],
  signal: AbortSignal | undefined,
  progress: (done: number, total: number) => void,
) {
  const rounds: GroupCounts[][] = []
  const smoothedRounds: GroupCounts[][] = []
  const random = randomStream(input.seed)
  const draw = resampler(counts, random)
  const drawSmoothed = resampler(counts, random, counts.map(smoothed))
  for (let round = 0; round < input.rounds; round++) {
    rounds.push(draw())
    smoothedRounds.push(drawSmoothed())
    if (round % roundsPerBreath !== 0) continue
    throwIfAborted(signal)
    progress(round, input.rounds)
    await new Promise((done) => setImmediate(done))
  }
  return { rounds, smoothedRounds }
}

/** As people read a report: selection first, then the errors. Plug-ins that are not listed come after, by name. */
const readingOrder = [
  'base-rate',
  'selection-rate',
  'accuracy',
  'true-positive-rate',
  'false-positive-rate',
  'precision',
  'demographic-parity-difference',
  'demographic-parity-ratio',
  'equalized-odds-difference',
  'equal-opportunity-difference',
]
function byReadingOrder(a: FairnessMetric, b: FairnessMetric): number {
  const place = ({ id }: FairnessMetric) => readingOrder.indexOf(id) + 1 || readingOrder.length + 1
  return place(a) - place(b) || a.id.localeCompare(b.id)
}

/** Groups in the order of their values' names, and the place of each sample's group among them. */
function countGroups({ truth, scores, groups, threshold }: AuditInput): { groups: Group[]; membership: number[] } {
  const found = new Map<string, Group>()
  truth.forEach((isFavourable, i) => {
    const values = groups[i]!
    const key = JSON.stringify(values)
    const group = found.get(key) ?? { values, counts: { tp: 0, fp: 0, tn: 0, fn: 0 } }
    found.set(key, group)
    const isSelected = scores[i]! >= threshold
    if (isSelected) group.counts[isFavourable ? 'tp' : 'fp']++
    else group.counts[isFavourable ? 'fn' : 'tn']++
  })
  const sorted = [...found.values()].sort((a, b) => a.values.join('\0').localeCompare(b.values.join('\0')))
  const places = new Map(sorted.map(({ values }, index) => [JSON.stringify(values), index]))
  return { groups: sorted, membership: groups.map((values) => places.get(JSON.stringify(values))!) }
}

const total = (groups: readonly GroupCounts[]): GroupCounts =>
  groups.reduce((sum, { tp, fp, tn, fn }) => ({ tp: sum.tp + tp, fp: sum.fp + fp, tn: sum.tn + tn, fn: sum.fn + fn }), {
    tp: 0,
    fp: 0,
    tn: 0,
    fn: 0,
  })

function rateInterval(metric: RateMetric, counts: GroupCounts, rounds: Float64Array, level: number): Interval {
  const value = metric.compute(counts)
  if (value !== 0 && value !== 1) {
    const moves = acceleration([counts], ([own]) => metric.compute(own!))
    return bcaInterval(value, rounds, moves, level)
  }
  const { hits, n } = hitsOf(metric.compute)(counts)
  return wilsonInterval(hits, n, level)
}
