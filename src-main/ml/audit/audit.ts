import { throwIfAborted } from '@shared/errors'
import type { Audit, Interval } from '@shared/schemas/fairness'
import type { DisparityMetric, FairnessMetric, GroupCounts, RateMetric } from '../fairness/define'
import { countedCells, sampleCount } from '../fairness/rates'
import { randomStream } from '../random'
import { percentileInterval, resampler, wilsonInterval } from './bootstrap'
import { disparityInterval, smoothed } from './simultaneous'
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
 * Every rate by group and every disparity between groups at one threshold, each with a bootstrap interval (of a rate: its
 * percentiles; of a disparity: see `disparityInterval`). The groups are drawn again together, so a disparity is computed
 * from whole worlds and not from single intervals.
 */
export async function audit(
  input: AuditInput,
  metrics: Iterable<FairnessMetric>,
  { signal, progress = () => {} }: { signal?: AbortSignal; progress?: (done: number, total: number) => void } = {},
): Promise<Audit> {
  const all = [...metrics]
  const rates = all.filter((metric): metric is RateMetric => metric.kind === 'rate').sort(byReadingOrder)
  const disparities = all.filter((metric): metric is DisparityMetric => metric.kind !== 'rate').sort(byReadingOrder)
  const groups = countGroups(input)
  const counts = groups.map((group) => group.counts)
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
  const { level } = input
  const ofRate = (metric: RateMetric, world: (groups: GroupCounts[]) => GroupCounts) =>
    rateInterval(metric, world(counts), rounds.map(world), level)
  const names = groups.map(({ values }) => values.join(' · '))
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
    overall: Object.fromEntries(rates.map((metric) => [metric.id, ofRate(metric, total)])),
    byGroup: groups.map(({ values, counts: own }, index) => ({
      group: Object.fromEntries(input.sensitive.map((feature, k) => [feature, values[k]!])),
      n: sampleCount(own),
      small: sampleCount(own) < input.smallGroup,
      metrics: Object.fromEntries(rates.map((metric) => [metric.id, ofRate(metric, (world) => world[index]!)])),
    })),
    disparities: disparities.map((metric) => ({
      ...disparityInterval(metric, counts, smoothedRounds, level),
      metric: metric.id,
      kind: metric.kind,
      ideal: metric.ideal,
      groups: (metric.ends(counts) ?? []).map((index) => names[index]!),
    })),
  }
  return { ...result, summary: summarize(result) }
}

/** As people read a report: selection first, then the errors. Plug-ins that are not listed come after, by name. */
const readingOrder = [
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

/** Groups in the order of their values' names. */
function countGroups({ truth, scores, groups, threshold }: AuditInput): Group[] {
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
  return [...found.values()].sort((a, b) => a.values.join('\0').localeCompare(b.values.join('\0')))
}

const total = (groups: readonly GroupCounts[]): GroupCounts =>
  groups.reduce((sum, { tp, fp, tn, fn }) => ({ tp: sum.tp + tp, fp: sum.fp + fp, tn: sum.tn + tn, fn: sum.fn + fn }), {
    tp: 0,
    fp: 0,
    tn: 0,
    fn: 0,
  })

function rateInterval(
  metric: RateMetric,
  counts: GroupCounts,
  rounds: readonly GroupCounts[],
  level: number,
): Interval {
  const value = metric.compute(counts)
  if (value !== 0 && value !== 1)
    return percentileInterval(
      value,
      rounds.map((round) => metric.compute(round)),
      level,
    )
  const n = countedCells(metric.compute).reduce((sum, cell) => sum + counts[cell], 0)
  return wilsonInterval(value * n, n, level)
}
