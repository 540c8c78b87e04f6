import type { FieldValue } from '@shared/schemas/dataset'

export interface Column {
  name: string
  /** Numbers with NaN where there is none, or other values. */
  values: number[] | FieldValue[]
  isNumber: boolean
}

/** How two columns go together, from 0 to 1, and by which measure. */
export interface Association {
  strength: number
  measure: 'rank correlation' | 'correlation ratio' | "Cramér's V"
}

/**
 * Spearman's rank correlation (its size) of two numbers, the correlation ratio of a number's ranks over categories,
 * Cramér's V of two categories.
 */
export function associationOf(a: Column, b: Column): Association {
  const rows = a.values.flatMap((value, i) => (isKnown(value) && isKnown(b.values[i]!) ? i : []))
  const [x, y] = [a, b].map((column) => rows.map((i) => column.values[i]!)) as [FieldValue[], FieldValue[]]
  if (a.isNumber && b.isNumber)
    return { strength: Math.abs(correlation(ranks(x as number[]), ranks(y as number[]))), measure: 'rank correlation' }
  if (!a.isNumber && !b.isNumber) return { strength: cramersV(x, y), measure: "Cramér's V" }
  const [numbers, categories] = a.isNumber ? [x, y] : [y, x]
  return { strength: correlationRatio(ranks(numbers as number[]), categories), measure: 'correlation ratio' }
}

const isKnown = (value: FieldValue) => value !== null && !Number.isNaN(value)
const meanOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** Ranks from 0; equal values share the mean of theirs. */
function ranks(values: number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!)
  const found = new Array<number>(values.length)
  for (let from = 0; from < order.length;) {
    let to = from
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to++
    for (let k = from; k <= to; k++) found[order[k]!] = (from + to) / 2
    from = to + 1
  }
  return found
}

function correlation(x: number[], y: number[]): number {
  const [meanX, meanY] = [meanOf(x), meanOf(y)]
  let [xy, xx, yy] = [0, 0, 0]
  x.forEach((value, i) => {
    const [dx, dy] = [value - meanX, y[i]! - meanY]
    xy += dx * dy
    xx += dx * dx
    yy += dy * dy
  })
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0
}

/** The share of a number's spread that its category tells, as a root: eta. */
function correlationRatio(numbers: number[], categories: FieldValue[]): number {
  const groups = new Map<FieldValue, number[]>()
  numbers.forEach((value, i) => {
    const group = groups.get(categories[i]!) ?? []
    groups.set(categories[i]!, group)
    group.push(value)
  })
  const mean = meanOf(numbers)
  const all = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const between = [...groups.values()].reduce((sum, group) => sum + group.length * (meanOf(group) - mean) ** 2, 0)
  return all > 0 ? Math.sqrt(between / all) : 0
}

function cramersV(x: FieldValue[], y: FieldValue[]): number {
  const [inX, inY, inBoth] = [new Map<FieldValue, number>(), new Map<FieldValue, number>(), new Map<string, number>()]
  const count = <K>(counts: Map<K, number>, key: K) => counts.set(key, (counts.get(key) ?? 0) + 1)
  x.forEach((value, i) => {
    count(inX, value)
    count(inY, y[i]!)
    count(inBoth, JSON.stringify([value, y[i]]))
  })
  let square = 0
  for (const [a, n] of inX)
    for (const [b, m] of inY) {
      const expected = (n * m) / x.length
      square += ((inBoth.get(JSON.stringify([a, b])) ?? 0) - expected) ** 2 / expected
    }
  const smaller = Math.min(inX.size, inY.size) - 1
  return smaller > 0 ? Math.sqrt(square / (x.length * smaller)) : 0
}
