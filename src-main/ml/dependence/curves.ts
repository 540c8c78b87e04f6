import { randomStream } from '../random'

/** Rounds of the bootstrap behind each interval, and its seed. */
const rounds = 200
const seed = 1

/** A curve with the interval in which 95 of 100 curves of resampled rows lie. */
export interface Curve {
  values: number[]
  low: number[]
  high: number[]
}

/** The mean of curves, one per row, [n][points]. */
export function averageCurve(individual: number[][]): Curve {
  return withInterval(individual.length, (rows) => {
    const sums = individual[0]!.map(() => 0)
    for (const row of rows) individual[row]!.forEach((value, k) => (sums[k]! += value))
    return sums.map((sum) => sum / rows.length)
  })
}

/** `curveOf` all rows 0 … count - 1, and of rows drawn with replacement for the interval. */
export function withInterval(count: number, curveOf: (rows: ArrayLike<number> & Iterable<number>) => number[]): Curve {
  const values = curveOf(Int32Array.from({ length: count }, (_, i) => i))
  const random = randomStream(seed)
  const drawn = Array.from({ length: rounds }, () =>
    curveOf(Int32Array.from({ length: count }, () => random.below(count))),
  )
  const at = (share: number) =>
    values.map((_, k) => {
      const sorted = drawn.map((curve) => curve[k]!).sort((a, b) => a - b)
      return sorted[Math.round(share * (rounds - 1))]!
    })
  return { values, low: at(0.025), high: at(0.975) }
}
