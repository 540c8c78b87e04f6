import type { Interval } from '@shared/schemas/fairness'
import type { GroupCounts } from '../fairness/define'
import { sampleCount } from '../fairness/rates'
import type { Random } from '../random'
import { binomialSampler } from './binomial'

/**
 * Draws every group again from itself, with replacement and at its own size (a stratified bootstrap; Efron & Tibshirani,
 * 1993). A group is fully told by its four counts, so n draws over four cells stand for n drawn samples. `weights` are
 * what is drawn from where that is not the counts themselves.
 */
export function resampler(groups: readonly GroupCounts[], random: Random, weights = groups): () => GroupCounts[] {
  const samplers = groups.map((counts, index) => {
    const { tp, fp, tn, fn } = weights[index]!
    const n = sampleCount(counts)
    // One cell after the other, each from what the cells before it have left.
    const first = binomialSampler(tp / (tp + fp + tn + fn), random)
    const second = binomialSampler(fp / (fp + tn + fn), random)
    const third = binomialSampler(tn / (tn + fn), random)
    return (): GroupCounts => {
      const truePositives = first(n)
      const falsePositives = second(n - truePositives)
      const rest = n - truePositives - falsePositives
      const trueNegatives = third(rest)
      return { tp: truePositives, fp: falsePositives, tn: trueNegatives, fn: rest - trueNegatives }
    }
  })
  return () => samplers.map((draw) => draw())
}

/** The percentile interval of what the rounds gave; undefined rounds are left out, all undefined gives no interval. */
export function percentileInterval(value: number | null, rounds: readonly (number | null)[], level: number): Interval {
  const sorted = Float64Array.from(rounds.filter((round): round is number => round !== null)).sort()
  if (value === null || sorted.length === 0) return { value, low: null, high: null, level }
  return { value, low: quantile(sorted, (1 - level) / 2), high: quantile(sorted, (1 + level) / 2), level }
}

/** Linear between the two nearest, as NumPy's default. */
export function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const [from, to] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!]
  return from + (to - from) * (place - below)
}

/**
 * Wilson's score interval for `hits` of `n` (JASA 22, 1927). It stands in where a rate is exactly 0 or 1: resampling such
 * a group always gives the same rate again, and an interval of no width would claim a certainty that nobody has.
 */
export function wilsonInterval(hits: number, n: number, level: number): Interval {
  const z = normalQuantile((1 + level) / 2)
  const rate = hits / n
  const center = (rate + (z * z) / (2 * n)) / (1 + (z * z) / n)
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n))
  return { value: rate, low: Math.max(0, center - half), high: Math.min(1, center + half), level }
}

/** Inverse of the standard normal distribution, by bisection on its error function (Abramowitz & Stegun 7.1.26). */
export function normalQuantile(share: number): number {
  let [low, high] = [-9, 9]
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2
    if (normalCdf(middle) < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}

export function normalCdf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x / Math.SQRT2))
  const poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
  const erf = 1 - poly * Math.exp(-(x * x) / 2)
  return x >= 0 ? (1 + erf) / 2 : (1 - erf) / 2
}
