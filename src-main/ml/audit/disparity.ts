import type { Interval } from '@shared/schemas/fairness'
import type { DisparityMetric, GroupCounts } from '../fairness/define'
import { acceleration, bcaInterval } from './bca'
import { percentileInterval } from './bootstrap'

/**
 * Half a sample more in each cell. Drawn from its bare counts, a group of five of whom none was selected would select
 * nobody in any round, as if five samples could prove a rate of 0. A truth that the group lacks stays lacking.
 */
export function smoothed({ tp, fp, tn, fn }: GroupCounts): GroupCounts {
  const positive = tp + fn > 0 ? 0.5 : 0
  const negative = fp + tn > 0 ? 0.5 : 0
  return { tp: tp + positive, fn: fn + positive, fp: fp + negative, tn: tn + negative }
}

/** Where a compared rate is 0 or 1, BCa has no spread to correct by, and the rounds are drawn from smoothed counts. */
export const isDegenerate = (metric: DisparityMetric, groups: readonly GroupCounts[]): boolean =>
  metric.rates.some((rate) => groups.some((counts) => [0, 1].includes(rate(counts) ?? 0.5)))

/**
 * The interval of a largest-minus-smallest (or smallest-by-largest) over the groups, by BCa bootstrap. Such a gap cannot
 * be below 0, and chance alone drives the extremes apart: near 0 no resampling interval holds the truth as often as it
 * says. So where no pair of groups survived the permutation tests (`isFinding` false), equality is not refuted, the
 * interval reaches to the ideal, and the report says that it lies at the boundary.
 */
export function disparityInterval(
  metric: DisparityMetric,
  groups: readonly GroupCounts[],
  rounds: readonly GroupCounts[][],
  level: number,
  isFinding: boolean,
): Interval {
  const value = metric.compute(groups)
  if (value === null) return { value, low: null, high: null, level }
  const drawn = rounds.map((world) => metric.compute(world))
  // At the boundary BCa takes the pull of chance for bias and ends the interval at the observed gap; percentiles do not.
  const found =
    !isFinding || isDegenerate(metric, groups)
      ? percentileInterval(value, drawn, level)
      : bcaInterval(
          value,
          Float64Array.from(drawn, (round) => round ?? NaN),
          acceleration(groups, (some) => metric.compute(some)),
          level,
        )
  const low = Math.min(found.low ?? value, value)
  const high = Math.max(found.high ?? value, value)
  if (isFinding) return { value, low, high, level }
  return metric.kind === 'difference' ? { value, low: 0, high, level } : { value, low, high: 1, level }
}
