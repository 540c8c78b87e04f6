import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignSplits, largestRemainder, stratifiedCounts } from '@main/services/splits'

const names = ['train', 'validation', 'test'] as const
/** Fractions in whole hundredths that sum to 1. */
const fractionsOf = fc
  .tuple(fc.nat(100), fc.nat(100))
  .map(([a, b]) => [Math.min(a, b), Math.abs(a - b), 100 - Math.max(a, b)].map((n) => n / 100))
  .map(([train, validation, test]) => ({ train: train!, validation: validation!, test: test! }))
const classesOf = fc.array(fc.constantFrom('a', 'b', 'c', null), { minLength: 1, maxLength: 120 })
const count = <T>(list: readonly T[], value: T) => list.filter((item) => item === value).length

describe('largest remainder', () => {
  it('gives the counts one would work out by hand', () => {
    expect(largestRemainder(10, [0.7, 0.1, 0.2])).toEqual([7, 1, 2])
    expect(largestRemainder(7, [0.7, 0.1, 0.2])).toEqual([5, 1, 1]) // 4.9, 0.7, 1.4
    expect(largestRemainder(1, [0.34, 0.33, 0.33])).toEqual([1, 0, 0])
  })

  it('sums to the total, each count within 1 of its share', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fractionsOf, (total, fractions) => {
        const shares = Object.values(fractions)
        const counts = largestRemainder(total, shares)
        expect(counts.reduce((a, b) => a + b, 0)).toBe(total)
        counts.forEach((n, i) => expect(Math.abs(n - shares[i]! * total)).toBeLessThan(1))
      }),
    )
  })
})

describe('stratified splits', () => {
  it('has exact totals, and each class within 1 of its shares (2 where both cannot be had)', () => {
    fc.assert(
      fc.property(classesOf, fractionsOf, fc.nat(), (classes, fractions, seed) => {
        const splits = assignSplits({ classes, fractions, stratify: true, seed })
        const shares = Object.values(fractions)
        expect(names.map((name) => count(splits, name))).toEqual(largestRemainder(classes.length, shares))
        for (const stratum of new Set(classes)) {
          const own = splits.filter((_, i) => classes[i] === stratum)
          names.forEach((name, i) => expect(Math.abs(count(own, name) - shares[i]! * own.length)).toBeLessThan(2))
        }
      }),
      { numRuns: 1500 },
    )
  })

  it('keeps row and column sums whatever the sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { minLength: 1, maxLength: 30 }), fractionsOf, (sizes, fractions) => {
        const counts = stratifiedCounts(sizes, Object.values(fractions))
        expect(counts.map((row) => row.reduce((a, b) => a + b, 0))).toEqual(sizes)
        expect(counts.flat().every((n) => n >= 0)).toBe(true)
      }),
      { numRuns: 1500 },
    )
  })

  it('is the same for the same seed and another one for another', () => {
    const classes = Array.from({ length: 200 }, (_, i) => i % 3)
    const fractions = { train: 0.7, validation: 0.1, test: 0.2 }
    const draw = (seed: number) => assignSplits({ classes, fractions, stratify: true, seed })
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
  })

  it('refuses fractions that do not sum to 1, and takes a rounding error', () => {
    const split = (train: number) =>
      assignSplits({ classes: ['a'], fractions: { train, validation: 0.1, test: 0.2 }, stratify: true, seed: 1 })
    expect(() => split(0.8)).toThrow('must sum to 1; 0.8 + 0.1 + 0.2 is 1.1')
    expect(split(0.7004)).toHaveLength(1)
  })
})

describe('group-aware splits', () => {
  it('never parts a group, and leaves an unwanted split empty', () => {
    const samples = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.option(fc.nat(15).map(String), { freq: 9 })), {
      minLength: 1,
      maxLength: 150,
    })
    fc.assert(
      fc.property(samples, fractionsOf, fc.nat(), fc.boolean(), (list, fractions, seed, stratify) => {
        const groups = list.map(([, group]) => group)
        const splits = assignSplits({ classes: list.map(([name]) => name), groups, fractions, stratify, seed })
        const seen = new Map<string, string>()
        groups.forEach((group, i) => {
          if (group === null) return
          expect(seen.get(group) ?? splits[i]).toBe(splits[i])
          seen.set(group, splits[i]!)
        })
        for (const name of names) if (fractions[name] === 0) expect(count(splits, name)).toBe(0)
      }),
      { numRuns: 1500 },
    )
  })

  it('comes near the wanted shares of each class when groups are small', () => {
    const groups = Array.from({ length: 3000 }, (_, i) => String(Math.floor(i / 5)))
    const classes = groups.map((group) => (Number(group) % 4 === 0 ? 'rare' : 'common'))
    const splits = assignSplits({
      classes,
      groups,
      fractions: { train: 0.7, validation: 0.1, test: 0.2 },
      stratify: true,
      seed: 3,
    })
    for (const name of ['rare', 'common']) {
      const own = splits.filter((_, i) => classes[i] === name)
      expect(count(own, 'train') / own.length).toBeCloseTo(0.7, 1)
      expect(count(own, 'validation') / own.length).toBeCloseTo(0.1, 1)
    }
  })
})
