import { describe, expect, test } from 'vitest'
import { mixSeeds, randomStream, shuffled } from '@main/ml/random'

describe('seeded random numbers', () => {
  test('the same seeds give the same stream, others another', () => {
    const draw = (...seeds: number[]) => Array.from({ length: 5 }, randomStream(...seeds).uniform)
    expect(draw(1, 2)).toEqual(draw(1, 2))
    expect(draw(1, 2)).not.toEqual(draw(2, 1))
    expect(draw(1)).not.toEqual(draw(1, 0))
    expect(mixSeeds(0)).not.toBe(mixSeeds(1))
  })

  test('uniform numbers fill [0, 1) evenly', () => {
    const random = randomStream(42)
    const bins = new Array<number>(10).fill(0)
    for (let i = 0; i < 10_000; i++) bins[Math.floor(random.uniform() * 10)]!++
    const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    expect(chiSquare).toBeLessThan(27.9) // 99.9 % of chi-square with 9 degrees of freedom
  })

  test('a shuffle holds every number once and depends on its stream', () => {
    const order = shuffled(100, randomStream(1, 5))
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect([...order]).not.toEqual([...shuffled(100, randomStream(1, 6))])
  })
})
