import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SweepSpec, type SweepTrial } from '@shared/schemas/sweep'
import { isPromising, planTrials, rungs } from '@main/services/sweep-space'
import { configsOf, importanceOf } from '@main/services/sweep-summary'

const spec = (what: object) => SweepSpec.parse({ dataset: 'd', family: 'mlp', space: { units: choice(8) }, ...what })
const choice = (...values: unknown[]) => ({ kind: 'choice', values })
const range = (low: number, high: number, more: object = {}) => ({ kind: 'range', low, high, ...more })
const varied = (what: object) => planTrials(spec(what)).map(({ params }) => params)

describe('the trials of a sweep', () => {
  it('of a grid are all combinations, ranges at even steps, each once', () => {
    const space = { learningRate: range(0.001, 0.1, { scale: 'log' }), units: choice(8, 16) }
    expect(varied({ strategy: 'grid', space })).toEqual([
      { learningRate: 0.001, units: 8 },
      { learningRate: 0.001, units: 16 },
      { learningRate: 0.01, units: 8 },
      { learningRate: 0.01, units: 16 },
      { learningRate: 0.1, units: 8 },
      { learningRate: 0.1, units: 16 },
    ])
    expect(varied({ strategy: 'grid', space: { n: range(1, 2, { integer: true, steps: 5 }) } })).toHaveLength(2)
  })

  it('drawn at random lie in their ranges, differ, and are the same for the same seed', () => {
    const space = {
      learningRate: range(1e-4, 1e-1, { scale: 'log' }),
      units: range(4, 64, { integer: true }),
      optimizer: choice('adam', 'sgd'),
    }
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 60 }), (seed, trials) => {
        const drawn = varied({ space, seed, trials })
        expect(drawn).toEqual(varied({ space, seed, trials }))
        expect(new Set(drawn.map((params) => JSON.stringify(params))).size).toBe(trials)
        for (const { learningRate, units, optimizer } of drawn as Record<string, never>[]) {
          expect(learningRate).toBeGreaterThanOrEqual(1e-4)
          expect(learningRate).toBeLessThanOrEqual(1e-1)
          expect(Number.isInteger(units) && units! >= 4 && units! <= 64).toBe(true)
          expect(['adam', 'sgd']).toContain(optimizer)
        }
      }),
      { numRuns: 50 },
    )
    const rates = varied({ space, trials: 400 }).map(({ learningRate }) => Number(learningRate))
    // Each of the three orders of magnitude gets about a third.
    for (const low of [1e-4, 1e-3, 1e-2])
      expect(rates.filter((rate) => rate >= low && rate < low * 10).length).toBeGreaterThan(100)
  })

  it('are no more than there are, and come with one seed after the other', () => {
    const trials = planTrials(spec({ space: { units: choice(8, 16) }, trials: 50, seeds: 2, params: { seed: 5 } }))
    expect(trials.map(({ config, seed }) => [config, seed])).toEqual([
      [0, 5],
      [1, 5],
      [0, 6],
      [1, 6],
    ])
    expect(trials.map(({ params }) => params['units']).sort()).toEqual([16, 16, 8, 8])
  })

  it.each([
    [{ space: { units: range(8, 8) } }, /must rise, got 8 to 8/],
    [{ space: { learningRate: range(0, 1, { scale: 'log' }) } }, /must begin above 0/],
    [{ space: { seed: range(1, 9) } }, /give the number of seeds/],
    [
      { strategy: 'grid', space: { a: range(0, 1, { steps: 20 }), b: range(0, 1, { steps: 20 }), c: choice(1, 2) } },
      /800 configurations, the limit is 500/,
    ],
  ])('%j is refused with its reason', (what, reason) => {
    expect(() => planTrials(spec(what))).toThrow(reason)
  })
})

describe('halving', () => {
  it('compares at 1, 3, 9 … epochs, never at the last', () => {
    expect([1, 2, 9, 10, 30].map(rungs)).toEqual([[], [1], [1, 3], [1, 3, 9], [1, 3, 9, 27]])
  })

  it('lets the best third go on, and the first ones, which nothing can be compared with', () => {
    expect(isPromising(0.1, [0.1])).toBe(true)
    expect(isPromising(0.1, [0.1, 0.9])).toBe(true)
    expect(isPromising(0.1, [0.1, 0.5, 0.9])).toBe(false)
    expect(isPromising(0.9, [0.1, 0.5, 0.9])).toBe(true)
    const ranked = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    expect(ranked.filter((score) => isPromising(score, ranked))).toEqual([6, 7, 8])
  })
})

const trial = (config: number, score: number | null, what: Partial<SweepTrial> = {}): SweepTrial => ({
  index: 0,
  config,
  seed: 1,
  params: { units: config },
  runId: `run of ${score}`,
  state: 'finished',
  score,
  epochs: 1,
  reason: null,
  ...what,
})

describe('what a sweep found', () => {
  it('groups seeds as mean and 95 % interval, best first, without those that were cut short', () => {
    const trials = [
      trial(0, 0.7),
      trial(1, 0.8),
      trial(1, 0.9),
      trial(1, 1),
      trial(2, 0.99, { state: 'pruned' }),
      trial(3, null, { state: 'waiting', runId: null }),
    ]
    const configs = configsOf(trials, 'accuracy')
    expect(configs.map(({ config, seeds }) => [config, seeds])).toEqual([
      [1, 3],
      [0, 1],
      [2, 0],
      [3, 0],
    ])
    expect(configs[0]).toMatchObject({ score: expect.closeTo(0.9, 12), runId: 'run of 1' })
    // scipy.stats.t.interval(0.95, 2, 0.9, scipy.stats.sem([0.8, 0.9, 1]))
    expect(configs[0]!.interval![0]).toBeCloseTo(0.651586, 4)
    expect(configs[0]!.interval![1]).toBeCloseTo(1.148414, 4)
    expect(configs[1]!.interval).toBeNull()
    expect(configsOf(trials, 'loss')[0]!.config).toBe(0)
  })

  it('tells how much of the spread a setting explains by itself', () => {
    const scored = (a: string, b: number, score: number) => trial(0, score, { params: { a, b, c: 1 } })
    const trials = [
      scored('x', 1, 0.5),
      scored('x', 2, 0.6),
      scored('x', 1, 0.55),
      scored('y', 2, 0.8),
      scored('y', 1, 0.85),
      scored('y', 2, 0.9),
    ]
    // By hand: total 0.145, within 0.01 for a; noise 0.01 / 4.
    const [first, ...others] = importanceOf(trials, ['b', 'a', 'c'])
    expect(first!.param).toBe('a')
    expect(first!.share).toBeCloseTo((0.145 - 0.01 - 0.0025) / 0.145, 10)
    expect(others).toEqual([
      { param: 'b', share: expect.any(Number) },
      { param: 'c', share: null },
    ])
    expect(importanceOf(trials.slice(0, 5), ['a'])).toEqual([{ param: 'a', share: null }])
  })
})
