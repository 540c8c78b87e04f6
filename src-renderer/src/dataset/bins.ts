import type { FieldValue } from '@shared/schemas/dataset'

/** Ascending cut points out of "25, 40; 60", or a sentence about what is wrong with them. */
export function parseCuts(text: string): number[] | string {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '')
  if (parts.length === 0) return 'Give at least one cut point, for example 25.'
  const cuts = parts.map(Number)
  if (cuts.some((cut) => !Number.isFinite(cut))) return `“${parts[cuts.findIndex(Number.isNaN)]}” is not a number.`
  if (cuts.some((cut, index) => index > 0 && cut <= cuts[index - 1]!)) return 'Cut points must go up: 25, 40, 60.'
  return cuts
}

/** "under 25", "25 to 40", "40 and over". */
export function defaultLabels(cuts: number[]): string[] {
  const inner = cuts.slice(1).map((cut, index) => `${cuts[index]} to ${cut}`)
  return [`under ${cuts[0]}`, ...inner, `${cuts.at(-1)} and over`]
}

/** How many values fall into each bin (value < cut: before it; value >= cut: after it), and how many have no number. */
export function countBins(values: FieldValue[], cuts: number[]): { counts: number[]; missing: number } {
  const counts = new Array<number>(cuts.length + 1).fill(0)
  let missing = 0
  for (const value of values) {
    if (typeof value !== 'number' || Number.isNaN(value)) missing++
    else counts[cuts.filter((cut) => value >= cut).length]!++
  }
  return { counts, missing }
}

/** Equal-width histogram of the numbers among the values; empty without any. */
export function histogram(values: FieldValue[], binCount: number): number[] {
  const numbers = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value))
  if (numbers.length === 0) return []
  let min = Infinity
  let max = -Infinity
  for (const value of numbers) {
    if (value < min) min = value
    if (value > max) max = value
  }
  const counts = new Array<number>(binCount).fill(0)
  const width = (max - min) / binCount || 1
  for (const value of numbers) counts[Math.min(binCount - 1, Math.floor((value - min) / width))]!++
  return counts
}
