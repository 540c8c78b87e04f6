import { withInterval, type Curve } from './curves'

/**
 * Accumulated local effects (Apley & Zhu 2020, arXiv:1612.08468, equations 15 and 16): within each bin the mean change of
 * the answer from its lower to its upper border, summed up from the left, less its mean over the rows.
 * `change` is each row's own; `bins` names each row's bin. A value per border.
 */
export const accumulatedEffects = (change: number[], bins: number[], binCount: number): Curve =>
  withInterval(change.length, (rows) => effectsOf(change, bins, binCount, rows))

function effectsOf(change: number[], bins: number[], binCount: number, rows: Iterable<number>): number[] {
  const sums = new Float64Array(binCount)
  const counts = new Float64Array(binCount)
  for (const row of rows) {
    sums[bins[row]!]! += change[row]!
    counts[bins[row]!]! += 1
  }
  const effects = [0]
  sums.forEach((sum, bin) => effects.push(effects[bin]! + (counts[bin]! > 0 ? sum / counts[bin]! : 0)))
  let total = 0
  let weighed = 0
  counts.forEach((count, bin) => {
    total += count
    weighed += (count * (effects[bin]! + effects[bin + 1]!)) / 2
  })
  return effects.map((effect) => effect - weighed / total)
}

/** The bin of each value, counted from 0: above one border and not above the next; the lowest value is in the first. */
export function binsOf(values: number[], borders: number[]): number[] {
  return values.map((value) => {
    let [low, high] = [0, borders.length - 1]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (value > borders[middle]!) low = middle
      else high = middle
    }
    return low
  })
}
