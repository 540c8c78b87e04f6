import type { DisparityMetric, GroupCounts, Rate } from './define'

/**
 * A share of counts; null where nothing was counted, so that "nobody" is never taken for 0. Fairlearn takes it for 0,
 * which can make a group without any positive look like the worst treated: here that group is left out of the comparison.
 */
const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null)

export const sampleCount = ({ tp, fp, tn, fn }: GroupCounts) => tp + fp + tn + fn
export const selectionRate: Rate = (counts) => share(counts.tp + counts.fp, sampleCount(counts))
export const baseRate: Rate = (counts) => share(counts.tp + counts.fn, sampleCount(counts))
export const accuracyRate: Rate = (counts) => share(counts.tp + counts.tn, sampleCount(counts))
export const truePositiveRate: Rate = ({ tp, fn }) => share(tp, tp + fn)
export const falsePositiveRate: Rate = ({ fp, tn }) => share(fp, fp + tn)
export const precisionRate: Rate = ({ tp, fp }) => share(tp, tp + fp)

/** The counts that a rate is taken over (its denominator), found by asking which of the four make it defined. */
export function countedCells(rate: Rate): (keyof GroupCounts)[] {
  const zero: GroupCounts = { tp: 0, fp: 0, tn: 0, fn: 0 }
  return (Object.keys(zero) as (keyof GroupCounts)[]).filter((cell) => rate({ ...zero, [cell]: 1 }) !== null)
}

interface Extremes {
  low: number
  high: number
  /** Indices of the groups at the two ends. */
  ends: [number, number]
}

/** Smallest and largest value of a rate over the groups in which it is defined; null with fewer than two of them. */
function extremes(groups: readonly GroupCounts[], rate: Rate): Extremes | null {
  const defined = groups.flatMap((counts, index) => {
    const value = rate(counts)
    return value === null ? [] : [{ value, index }]
  })
  if (defined.length < 2) return null
  const low = defined.reduce((best, entry) => (entry.value < best.value ? entry : best))
  const high = defined.reduce((best, entry) => (entry.value > best.value ? entry : best))
  return { low: low.value, high: high.value, ends: [low.index, high.index] }
}

/** 0 / 0 is no ratio: null where the rate is 0 in every group, as in Fairlearn. */
const disparity = (kind: DisparityMetric['kind'], { low, high }: Extremes): number | null =>
  kind === 'difference' ? high - low : high === 0 ? null : low / high

/**
 * Largest minus smallest (or smallest divided by largest) over the groups; with several rates the one that is furthest
 * from the ideal. The same definitions as Fairlearn's.
 */
export function compared(
  kind: DisparityMetric['kind'],
  rates: readonly Rate[],
): Pick<DisparityMetric, 'kind' | 'ideal' | 'rates' | 'compute' | 'ends'> {
  const worst = (groups: readonly GroupCounts[]) => {
    const found = rates.flatMap((rate) => {
      const at = extremes(groups, rate)
      const value = at && disparity(kind, at)
      return at === null || value === null ? [] : [{ value, ends: at.ends }]
    })
    found.sort((a, b) => (kind === 'difference' ? b.value - a.value : a.value - b.value))
    return found[0] ?? null
  }
  return {
    kind,
    ideal: kind === 'difference' ? 0 : 1,
    rates,
    compute: (groups) => worst(groups)?.value ?? null,
    ends: (groups) => worst(groups)?.ends ?? null,
  }
}
