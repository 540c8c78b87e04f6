import type { FieldKind, FieldValue } from '@shared/schemas/dataset'
import { toNumber } from '../encode/table'

/** Values that a search tries for one field. */
const numberCandidates = 16
const categoryCandidates = 30
/** Numbers with more decimals than this count as continuous. */
const mostDecimals = 6

/** What a field's value may become: only what training has shown. */
export interface FieldDomain {
  name: string
  kind: 'number' | 'date' | 'category'
  /** Values of the training split that a search tries: quantiles of numbers and dates, the most frequent of others. */
  candidates: FieldValue[]
  /** Numbers: the training range, and the step that all training values keep; null where they keep none. */
  min: number
  max: number
  step: number | null
  /** Numbers and dates: the width of the middle 90 % of the training values; a change of it costs as much as another category. */
  scale: number
}

/** Fits a field's domain to its training values; null where training never showed a value. */
export function fitDomain(name: string, fieldKind: FieldKind, values: FieldValue[]): FieldDomain | null {
  const kind = fieldKind === 'number' || fieldKind === 'date' ? fieldKind : 'category'
  const known = values.filter((value) => value !== null)
  if (kind === 'category') {
    const candidates = mostFrequent(known).slice(0, categoryCandidates)
    return candidates.length > 0 ? { name, kind, candidates, min: 0, max: 0, step: null, scale: 1 } : null
  }
  const sorted = known
    .flatMap((value) => {
      const number = toNumber(value, kind)
      return number === null ? [] : { value, number }
    })
    .sort((a, b) => a.number - b.number)
  if (sorted.length === 0) return null
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!
  const quantiles = Array.from({ length: numberCandidates }, (_, i) => at(i / (numberCandidates - 1)))
  const [min, max] = [sorted[0]!.number, sorted.at(-1)!.number]
  const middle = at(0.95).number - at(0.05).number
  return {
    name,
    kind,
    candidates: [...new Set(quantiles.map(({ value, number }) => (kind === 'number' ? number : value)))],
    min,
    max,
    step:
      kind === 'number'
        ? stepOf(
            sorted.map(({ number }) => number),
            min,
          )
        : null,
    scale: middle > 0 ? middle : max - min || 1,
  }
}

function mostFrequent(values: FieldValue[]): FieldValue[] {
  const counts = new Map<FieldValue, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([a, x], [b, y]) => y - x || (String(a) < String(b) ? -1 : 1)).map(([value]) => value)
}

/** The largest step that leads from the smallest value to all others; null when they have too many decimals for one. */
function stepOf(numbers: number[], min: number): number | null {
  const decimals = numbers.reduce((most, value) => Math.max(most, decimalsOf(value)), 0)
  if (decimals > mostDecimals) return null
  const unit = 10 ** decimals
  const step = numbers.reduce((common, value) => divisor(common, Math.round((value - min) * unit)), 0)
  return step === 0 ? null : step / unit
}

function decimalsOf(value: number): number {
  const text = String(value)
  if (text.includes('e-')) return mostDecimals + 1
  return text.includes('.') ? text.length - text.indexOf('.') - 1 : 0
}

function divisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return Math.abs(a)
}

/** The value that training allows next to `number`: within its range, on its steps. */
export function allowed({ min, max, step }: FieldDomain, number: number): number {
  const within = Math.min(max, Math.max(min, number))
  if (step === null) return Math.min(max, Math.max(min, Number(within.toPrecision(6))))
  // Sums of steps such as 0.1 gather rounding errors.
  return Number((min + Math.round((within - min) / step) * step).toPrecision(12))
}

/** How much a change costs: 1 for having changed, and how far it goes, 1 being another category. */
export function costOf({ kind, scale }: FieldDomain, from: FieldValue, to: FieldValue): number {
  if (kind === 'category') return 2
  const [before, after] = [toNumber(from, kind), toNumber(to, kind)]
  return 1 + (before === null || after === null ? 1 : Math.abs(after - before) / scale)
}
