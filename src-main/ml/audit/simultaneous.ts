import type { Interval } from '@shared/schemas/fairness'
import type { DisparityMetric, GroupCounts, Rate } from '../fairness/define'
import { countedCells } from '../fairness/rates'
import { quantile } from './bootstrap'

/**
 * Half a sample more in each cell. Drawn from its bare counts, a group of five of whom none was selected would select
 * nobody in any round, as if five samples could prove a rate of 0. A truth that the group lacks stays lacking.
 */
export function smoothed({ tp, fp, tn, fn }: GroupCounts): GroupCounts {
  const positive = tp + fn > 0 ? 0.5 : 0
  const negative = fp + tn > 0 ? 0.5 : 0
  return { tp: tp + positive, fn: fn + positive, fp: fp + negative, tn: tn + negative }
}

/** One group's rate on the scale of the comparison: as observed, and each round's distance from the mean (NaN: undefined). */
interface Rated {
  observed: number
  deviations: Float64Array
  variance: number
}

/**
 * The interval of a disparity from all pairs of groups at once (max-t bootstrap; Westfall & Young, "Resampling-Based
 * Multiple Testing", 1993). The distance between two groups is divided by its own spread; `c` is what the largest such
 * deviation over all pairs stays within in `level` of the rounds. The disparity then lies between the largest distance
 * less c spreads and the largest distance with c spreads more; for ratios the distances are those of logarithms.
 *
 * The plain percentile interval of "largest minus smallest" will not do: chance alone drives the extremes apart, and more
 * so with each group, so that for a dozen equal groups it never holds the true 0 and every model would look unfair.
 */
export function disparityInterval(
  metric: DisparityMetric,
  groups: readonly GroupCounts[],
  rounds: readonly GroupCounts[][],
  level: number,
): Interval {
  const value = metric.compute(groups)
  if (value === null) return { value, low: null, high: null, level }
  const pairs = metric.rates.flatMap((rate) => {
    const scale = metric.kind === 'difference' ? shareOf(rate) : logShareOf(rate)
    return pairsOf(
      groups.flatMap(
        (_, g) =>
          rated(
            scale,
            groups[g]!,
            rounds.map((world) => world[g]!),
          ) ?? [],
      ),
    )
  })
  const largest = new Float64Array(rounds.length)
  for (const { one, other, spread } of pairs)
    for (let round = 0; round < rounds.length; round++) {
      const deviation = Math.abs(one.deviations[round]! - other.deviations[round]!) / spread
      if (deviation > largest[round]!) largest[round] = deviation
    }
  const c = quantile(largest.sort(), level)
  const distances = pairs.map(({ one, other, spread }) => ({
    distance: Math.abs(one.observed - other.observed),
    margin: c * spread,
  }))
  const least = Math.max(0, ...distances.map(({ distance, margin }) => distance - margin))
  const most = Math.max(...distances.map(({ distance, margin }) => distance + margin))
  const [low, high] = metric.kind === 'difference' ? [least, Math.min(1, most)] : [Math.exp(-most), Math.exp(-least)]
  return { value, low: Math.min(low, value), high: Math.max(high, value), level }
}

type Scale = (counts: GroupCounts) => number

const shareOf =
  (rate: Rate): Scale =>
  (counts) =>
    rate(counts) ?? NaN

/** log((hits + 1/2) / (n + 1/2)): finite at 0 hits and nearly unbiased (Walter, Biometrika 62, 1975). */
function logShareOf(rate: Rate): Scale {
  const cells = countedCells(rate)
  return (counts) => {
    const n = cells.reduce((sum, cell) => sum + counts[cell], 0)
    return Math.log(((rate(counts) ?? NaN) * n + 0.5) / (n + 0.5))
  }
}

function rated(scale: Scale, group: GroupCounts, rounds: readonly GroupCounts[]): Rated | null {
  const observed = scale(group)
  if (Number.isNaN(observed)) return null
  const drawn = Float64Array.from(rounds, scale)
  const defined = drawn.filter((value) => !Number.isNaN(value))
  const mean = defined.reduce((sum, value) => sum + value, 0) / defined.length
  const variance = defined.reduce((sum, value) => sum + (value - mean) ** 2, 0) / defined.length
  return { observed, deviations: drawn.map((value) => value - mean), variance }
}

const pairsOf = (all: Rated[]) =>
  all.flatMap((one, i) =>
    all
      .slice(i + 1)
      .map((other) => ({ one, other, spread: Math.sqrt(one.variance + other.variance) || Number.EPSILON })),
  )
