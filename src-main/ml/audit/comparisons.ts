import type { GroupComparison, Interval } from '@shared/schemas/fairness'
import type { GroupCounts, Rate, RateMetric } from '../fairness/define'
import { countedCells, sampleCount } from '../fairness/rates'
import { acceleration, bcaInterval } from './bca'
import { wilsonInterval } from './bootstrap'
import { adjusted, permutationTest } from './permutation'

export interface ComparedPair {
  metric: RateMetric
  /** Indices of the two groups. */
  one: number
  other: number
  p: number
  /** p after Benjamini and Hochberg over all comparisons of the report. */
  q: number
}

/**
 * Every pair of groups in every rate, each with its permutation test, corrected together. Groups of fewer than
 * `smallGroup` samples are left out: they are shown, and nothing is claimed of them.
 */
export function comparePairs(
  groups: readonly GroupCounts[],
  metrics: readonly RateMetric[],
  smallGroup: number,
): ComparedPair[] {
  const large = groups.flatMap((counts, index) => (sampleCount(counts) >= smallGroup ? [index] : []))
  const pairs = metrics.flatMap((metric) => {
    const part = hitsOf(metric.compute)
    return large.flatMap((one, i) =>
      large.slice(i + 1).flatMap((other) => {
        const [a, b] = [part(groups[one]!), part(groups[other]!)]
        return a.n > 0 && b.n > 0 ? [{ metric, one, other, p: permutationTest(a, b) }] : []
      }),
    )
  })
  const corrected = adjusted(pairs.map(({ p }) => p))
  return pairs.map((pair, i) => ({ ...pair, q: corrected[i]! }))
}

/** A compared pair with the interval of its signed difference; `rounds` are each group's rate in each round. */
export function describePair(
  { metric, one, other, p, q }: ComparedPair,
  groups: readonly GroupCounts[],
  rounds: readonly Float64Array[],
  names: readonly string[],
  level: number,
): GroupComparison {
  const pair = [groups[one]!, groups[other]!]
  const { compute } = metric
  const difference = differenceInterval(compute, pair, [rounds[one]!, rounds[other]!], level)
  return {
    metric: metric.id,
    groups: [names[one]!, names[other]!],
    difference,
    p,
    q,
    isFinding: q <= 1 - level,
  }
}

/** Of the first group's rate minus the second's. */
export function differenceInterval(
  rate: Rate,
  groups: readonly GroupCounts[],
  rounds: readonly [Float64Array, Float64Array],
  level: number,
): Interval {
  const rates = groups.map(rate) as [number, number]
  if (rates.some((value) => value === 0 || value === 1)) return newcombe(groups.map(hitsOf(rate)), level)
  const differences = rounds[0].map((value, i) => value - rounds[1][i]!)
  const statistic = ([a, b]: readonly GroupCounts[]) => {
    const [x, y] = [rate(a!), rate(b!)]
    return x === null || y === null ? null : x - y
  }
  return bcaInterval(rates[0] - rates[1], differences, acceleration(groups, statistic), level)
}

/**
 * Newcombe's hybrid interval (Statistics in Medicine 17, 1998, method 10), where a rate is exactly 0 or 1: drawing such a
 * group again always gives the same rate.
 */
function newcombe(groups: { hits: number; n: number }[], level: number): Interval {
  const [a, b] = groups.map(({ hits, n }) => wilsonInterval(hits, n, level)) as [Interval, Interval]
  const value = a.value! - b.value!
  const down = Math.hypot(a.value! - a.low!, b.high! - b.value!)
  const up = Math.hypot(a.high! - a.value!, b.value! - b.low!)
  return { value, low: value - down, high: value + up, level }
}

/** A rate as the counts that it is made of. */
export function hitsOf(rate: Rate): (counts: GroupCounts) => { hits: number; n: number } {
  const counted = countedCells(rate)
  return (counts) => {
    const n = counted.reduce((sum, cell) => sum + counts[cell], 0)
    return { n, hits: Math.round((rate(counts) ?? 0) * n) }
  }
}
