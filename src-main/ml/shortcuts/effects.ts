import type { Estimate } from '@shared/schemas/shortcut'

/** Class probabilities [samples, classes], row-major. */
export type Probabilities = Float32Array

const z95 = 1.96

/**
 * Mean of paired differences with its 95 % interval by the normal approximation (mean ± 1.96 standard errors); samples are
 * independent, and each is its own control.
 */
export function estimate(values: number[]): Estimate {
  const n = values.length
  const value = values.reduce((sum, each) => sum + each, 0) / n
  const variance = n < 2 ? 0 : values.reduce((sum, each) => sum + (each - value) ** 2, 0) / (n - 1)
  const half = z95 * Math.sqrt(variance / n)
  return { value, low: value - half, high: value + half, n }
}

/** Mean fall of each class's probability over its own samples; null for a class without any. */
export function dropsByClass(
  targets: ArrayLike<number>,
  classes: number,
  before: Probabilities,
  after: Probabilities,
): (Estimate | null)[] {
  const falls: number[][] = Array.from({ length: classes }, () => [])
  for (let i = 0; i < targets.length; i++) {
    const at = i * classes + targets[i]!
    falls[targets[i]!]!.push(before[at]! - after[at]!)
  }
  return falls.map((values) => (values.length === 0 ? null : estimate(values)))
}

/** An interval so wide that of `count` such statements together at most one in twenty is wrong (Bonferroni). */
export function correctedLow({ value, low }: Estimate, count: number): number {
  const error = (value - low) / z95
  // Upper quantile of the normal distribution at p (Abramowitz & Stegun 26.2.23, absolute error below 4.5e-4).
  const t = Math.sqrt(-2 * Math.log(0.025 / Math.max(1, count)))
  const tail = (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3)
  return value - (t - tail) * error
}
