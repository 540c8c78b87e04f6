import { WorkbenchError } from '@shared/errors'
import { seededRandom, shuffled } from './seeded-random'
import type { Split } from '@shared/schemas/dataset'

export interface Fractions {
  train: number
  validation: number
  test: number
}

export interface SplitInput {
  /** Stratum of each sample (its class), or null for unlabelled ones, which form a stratum of their own. */
  classes: readonly (number | string | null)[]
  /** Group of each sample; null is a group of its own. Left out: samples are drawn one by one. */
  groups?: readonly (string | null)[]
  fractions: Fractions
  stratify: boolean
  seed: number
}

const names = ['train', 'validation', 'test'] as const

/** Draws a split for each sample, in the samples' order. Fractions must sum to 1 (within 0.001). */
export function assignSplits({ classes, groups, fractions, stratify, seed }: SplitInput): Split[] {
  const shares = checkedShares(fractions)
  const strata = stratify ? classes : classes.map(() => null)
  const chosen = groups ? byGroup(strata, groups, shares, seed) : bySample(strata, shares, seed)
  return chosen.map((index) => names[index]!)
}

function checkedShares(fractions: Fractions): number[] {
  const shares = names.map((name) => fractions[name])
  const sum = shares.reduce((a, b) => a + b, 0)
  if (Math.abs(sum - 1) <= 0.001) return shares.map((share) => share / sum)
  throw new WorkbenchError(
    'invalid_input',
    `The fractions of train, validation and test must sum to 1; ${shares.join(' + ')} is ${Number(sum.toFixed(4))}.`,
  )
}

/** Takes off what floating point adds, so that equal remainders are equal: 0.7 * 10 is 7. */
const rounded = (value: number) => Math.round(value * 1e9) / 1e9

/** Largest remainder (Hamilton): whole counts that sum to `total`, each within 1 of its share. */
export function largestRemainder(total: number, shares: readonly number[]): number[] {
  const ideal = shares.map((share) => rounded(share * total))
  const counts = ideal.map(Math.floor)
  const left = total - counts.reduce((a, b) => a + b, 0)
  const order = shares.map((_, i) => i).sort((a, b) => ideal[b]! - counts[b]! - (ideal[a]! - counts[a]!) || a - b)
  for (const index of order.slice(0, left)) counts[index]!++
  return counts
}

function bySample(strata: readonly (number | string | null)[], shares: number[], seed: number): number[] {
  const members = new Map<number | string | null, number[]>()
  strata.forEach((stratum, at) => {
    const list = members.get(stratum)
    if (list) list.push(at)
    else members.set(stratum, [at])
  })
  const lists = [...members.values()]
  const table = stratifiedCounts(
    lists.map((list) => list.length),
    shares,
  )
  const random = seededRandom(seed)
  const chosen = new Array<number>(strata.length).fill(0)
  lists.forEach((list, stratum) => {
    let at = 0
    const drawn = shuffled(list, random)
    table[stratum]!.forEach((count, split) => {
      for (const end = at + count; at < end; at++) chosen[drawn[at]!] = split
    })
  })
  return chosen
}

/**
 * How many of each stratum go to each split: whole numbers whose column sums are the largest-remainder counts of the
 * whole set, and whose rows are within 1 of their shares wherever both can be had.
 */
export function stratifiedCounts(sizes: readonly number[], shares: readonly number[]): number[][] {
  const total = sizes.reduce((a, b) => a + b, 0)
  const ideal = sizes.map((size) => shares.map((share) => rounded(share * size)))
  const counts = ideal.map((row) => row.map(Math.floor))
  const rowLeft = counts.map((row, r) => sizes[r]! - row.reduce((a, b) => a + b, 0))
  const columnLeft = largestRemainder(total, shares).map((n, c) => n - counts.reduce((sum, row) => sum + row[c]!, 0))
  const cells = ideal
    .flatMap((row, r) => row.map((value, c) => ({ r, c, rest: value - counts[r]![c]! })))
    .sort((a, b) => b.rest - a.rest || a.r - b.r || a.c - b.c)
  const raise = (r: number, c: number, by: 1 | -1) => {
    counts[r]![c]! += by
    rowLeft[r]! -= by
    columnLeft[c]! -= by
  }
  const raised = new Set<string>()
  for (const { r, c, rest } of cells) {
    if (rest <= 0 || rowLeft[r]! <= 0 || columnLeft[c]! <= 0) continue
    raise(r, c, 1)
    raised.add(`${r} ${c}`)
  }
  settleRest(sizes.length, shares.length, { rowLeft, columnLeft, raised, raise })
  return counts
}

interface Rest {
  rowLeft: number[]
  columnLeft: number[]
  raised: Set<string>
  raise(r: number, c: number, by: 1 | -1): void
}

/** Places what greedy rounding left over: by one exchange with another stratum, else straight into the open column. */
function settleRest(rows: number, columns: number, { rowLeft, columnLeft, raised, raise }: Rest): void {
  const open = () => columnLeft.findIndex((left) => left > 0)
  for (let r = 0; r < rows; r++) {
    while (rowLeft[r]! > 0 && open() >= 0) {
      const c = open()
      const swap = raised.has(`${r} ${c}`) ? findExchange(r, c, rows, columns, raised) : null
      if (swap) {
        const [other, column] = swap
        raise(other, column, -1)
        raised.delete(`${other} ${column}`)
        raise(other, c, 1)
        raised.add(`${other} ${c}`)
        raise(r, column, 1)
        raised.add(`${r} ${column}`)
      } else {
        raise(r, c, 1)
        raised.add(`${r} ${c}`)
      }
    }
  }
}

/** A stratum that was rounded up in a column where `row` was not, and not in the open one: they can change places. */
function findExchange(
  row: number,
  openColumn: number,
  rows: number,
  columns: number,
  raised: Set<string>,
): [number, number] | null {
  for (let column = 0; column < columns; column++) {
    if (raised.has(`${row} ${column}`)) continue
    for (let other = 0; other < rows; other++)
      if (raised.has(`${other} ${column}`) && !raised.has(`${other} ${openColumn}`)) return [other, column]
  }
  return null
}

/**
 * Whole groups, largest first (equal ones in drawn order), each to the split that it leaves nearest to what is wanted
 * of every stratum.
 */
function byGroup(
  strata: readonly (number | string | null)[],
  groups: readonly (string | null)[],
  shares: number[],
  seed: number,
): number[] {
  const strataIndex = new Map([...new Set(strata)].map((stratum, index) => [stratum, index]))
  const members = new Map<string, { at: number[]; counts: Map<number, number> }>()
  strata.forEach((stratum, at) => {
    const group = groups[at]
    const key = group === null || group === undefined ? `alone ${at}` : `group ${group}`
    let entry = members.get(key)
    if (!entry) members.set(key, (entry = { at: [], counts: new Map() }))
    const index = strataIndex.get(stratum)!
    entry.at.push(at)
    entry.counts.set(index, (entry.counts.get(index) ?? 0) + 1)
  })
  const sizes = new Array<number>(strataIndex.size).fill(0)
  for (const stratum of strata) sizes[strataIndex.get(stratum)!]!++
  const left = shares.map((share) => sizes.map((size) => size * share))
  const order = shuffled([...members.values()], seededRandom(seed)).sort((a, b) => b.at.length - a.at.length)
  const chosen = new Array<number>(strata.length).fill(0)
  for (const { at, counts } of order) {
    const split = nearest(left, counts, shares)
    for (const index of at) chosen[index] = split
    for (const [stratum, n] of counts) left[split]![stratum]! -= n
  }
  return chosen
}

/** The split whose squared distance from its wanted counts shrinks most when it takes this group. */
function nearest(left: number[][], counts: Map<number, number>, shares: number[]): number {
  let best = { split: 0, gain: -Infinity }
  left.forEach((wanted, split) => {
    if (shares[split] === 0) return
    let gain = 0
    for (const [stratum, n] of counts) gain += wanted[stratum]! ** 2 - (wanted[stratum]! - n) ** 2
    if (gain > best.gain + 1e-9) best = { split, gain }
  })
  return best.split
}
