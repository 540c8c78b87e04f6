import type { GroupCounts } from './define'

/** A share of counts; null where nothing was counted, so that "no sample" is never taken for 0. */
const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null)

export const sampleCount = ({ tp, fp, tn, fn }: GroupCounts) => tp + fp + tn + fn
export const selectionRate = (counts: GroupCounts) => share(counts.tp + counts.fp, sampleCount(counts))
export const accuracyRate = (counts: GroupCounts) => share(counts.tp + counts.tn, sampleCount(counts))
export const truePositiveRate = ({ tp, fn }: GroupCounts) => share(tp, tp + fn)
export const falsePositiveRate = ({ fp, tn }: GroupCounts) => share(fp, fp + tn)
export const precisionRate = ({ tp, fp }: GroupCounts) => share(tp, tp + fp)

export type Rate = (counts: GroupCounts) => number | null

interface Extremes {
  low: number
  high: number
  /** Indices of the groups at the two ends. */
  ends: [number, number]
}

/** Smallest and largest value of a rate over the groups in which it is defined; null with fewer than two of them. */
export function extremes(groups: readonly GroupCounts[], rate: Rate): Extremes | null {
  const defined = groups.flatMap((counts, index) => {
    const value = rate(counts)
    return value === null ? [] : [{ value, index }]
  })
  if (defined.length < 2) return null
  const low = defined.reduce((best, entry) => (entry.value < best.value ? entry : best))
  const high = defined.reduce((best, entry) => (entry.value > best.value ? entry : best))
  return { low: low.value, high: high.value, ends: [low.index, high.index] }
}

/** Largest value of any group minus the smallest. */
export function difference(groups: readonly GroupCounts[], rate: Rate): number | null {
  const found = extremes(groups, rate)
  return found && found.high - found.low
}

/** Smallest value of any group divided by the largest; equal at 0 counts as equal. */
export function ratio(groups: readonly GroupCounts[], rate: Rate): number | null {
  const found = extremes(groups, rate)
  if (!found) return null
  return found.high === 0 ? 1 : found.low / found.high
}

export const ends = (groups: readonly GroupCounts[], rate: Rate) => extremes(groups, rate)?.ends ?? null

/** Of two rates the one whose groups lie further apart: that is where equalized odds breaks first. */
export function widest(groups: readonly GroupCounts[], rates: readonly Rate[]): Rate | null {
  let best: { rate: Rate; gap: number } | null = null
  for (const rate of rates) {
    const gap = difference(groups, rate)
    if (gap !== null && (best === null || gap > best.gap)) best = { rate, gap }
  }
  return best?.rate ?? null
}
