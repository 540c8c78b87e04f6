import type { Interval } from '@shared/schemas/fairness'
import type { GroupCounts } from '../fairness/define'
import { sampleCount } from '../fairness/rates'
import { normalCdf, normalQuantile, quantile } from './bootstrap'

/**
 * The bias-corrected and accelerated interval of what the rounds gave (Efron, JASA 82, 1987): the shares at which the
 * sorted rounds are read are moved for the median's bias and for a spread that changes with the value. NaN rounds are
 * undefined and left out; none left gives no interval.
 */
export function bcaInterval(value: number | null, rounds: Float64Array, acceleration: number, level: number): Interval {
  const sorted = rounds.filter((round) => !Number.isNaN(round)).sort()
  if (value === null || sorted.length === 0) return { value, low: null, high: null, level }
  let below = 0
  let equal = 0
  for (const round of sorted) {
    if (Math.abs(round - value) < 1e-12) equal++
    else if (round < value) below++
  }
  const n = sorted.length
  const share = Math.min(1 - 0.5 / n, Math.max(0.5 / n, (below + equal / 2) / n))
  const bias = normalQuantile(share)
  const at = (z: number) => {
    const moved = bias + (bias + z) / (1 - acceleration * (bias + z))
    return quantile(sorted, Math.min(1, Math.max(0, normalCdf(moved))))
  }
  const z = normalQuantile((1 + level) / 2)
  return { value, low: at(-z), high: at(z), level }
}

const cells = ['tp', 'fp', 'tn', 'fn'] as const

/**
 * How fast the spread of a statistic changes, by leaving out one sample after the other in its own group (the several-
 * sample jackknife of Davison & Hinkley, "Bootstrap Methods", 1997, 5.3). A group knows four kinds of samples only.
 */
export function acceleration(
  groups: readonly GroupCounts[],
  statistic: (groups: readonly GroupCounts[]) => number | null,
): number {
  let squares = 0
  let cubes = 0
  groups.forEach((counts, g) => {
    const n = sampleCount(counts)
    const left = cells.flatMap((cell) => {
      if (counts[cell] === 0) return []
      const value = statistic(groups.map((own, i) => (i === g ? { ...own, [cell]: own[cell] - 1 } : own)))
      return value === null ? [] : [{ value, count: counts[cell] }]
    })
    const known = left.reduce((sum, { count }) => sum + count, 0)
    const mean = left.reduce((sum, { value, count }) => sum + value * count, 0) / known
    for (const { value, count } of left) {
      const influence = ((n - 1) * (mean - value)) / n
      squares += count * influence ** 2
      cubes += count * influence ** 3
    }
  })
  return squares > 0 ? cubes / (6 * squares ** 1.5) : 0
}
