import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keepShape, smooth, withEpoch } from '@renderer/charts/series'
import type { EpochEnded } from '@shared/schemas/run'

const weight = fc.double({ min: 0.01, max: 0.99, noNaN: true })
const figures = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 })

describe('smoothing a curve', () => {
  it('leaves a constant exactly as it is, whatever the weight', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.nat(200), weight, (value, length, w) => {
        expect(
          smooth(
            Array.from({ length }, () => value),
            w,
          ),
        ).toEqual(Array.from({ length }, () => value))
      }),
    )
  })
  it('never leaves the range of what was measured so far', () => {
    fc.assert(
      fc.property(figures, weight, (values, w) => {
        smooth(values, w).forEach((value, index) => {
          const seen = values.slice(0, index + 1)
          expect(value).toBeGreaterThanOrEqual(Math.min(...seen))
          expect(value).toBeLessThanOrEqual(Math.max(...seen))
        })
      }),
    )
  })
  it('is the bias-corrected moving average: 1, 3 at 0.5 give 1 and 7/3', () => {
    const [first, second] = smooth([1, 3], 0.5)
    expect(first).toBe(1)
    expect(second).toBeCloseTo(7 / 3, 12)
  })
  it('keeps gaps, and with weight 0 everything', () => {
    expect(smooth([2, null, 4], 0.5)).toEqual([2, null, expect.closeTo(10 / 3, 12)])
    expect(smooth([2, null, 4], 0)).toEqual([2, null, 4])
  })
})

describe('thinning a curve', () => {
  it('keeps the ends, the lowest and the highest point, and never invents one', () => {
    fc.assert(
      fc.property(figures, fc.integer({ min: 4, max: 60 }), (values, limit) => {
        const points = values.map((y, x) => ({ x, y }))
        const kept = keepShape(points, limit)
        expect(kept.length).toBeLessThanOrEqual(Math.max(limit, 4))
        expect(kept[0]).toEqual(points[0])
        expect(kept.at(-1)).toEqual(points.at(-1))
        const heights = kept.map(({ y }) => y!)
        expect(Math.max(...heights)).toBe(Math.max(...values))
        expect(Math.min(...heights)).toBe(Math.min(...values))
        for (const point of kept) expect(points).toContainEqual(point)
        expect(kept.map(({ x }) => x)).toEqual([...kept.map(({ x }) => x)].sort((a, b) => a - b))
      }),
    )
  })
  it('leaves a short curve alone', () => {
    const points = [1, 2, 3].map((y, x) => ({ x, y }))
    expect(keepShape(points, 10)).toBe(points)
  })
})

describe('putting an epoch in its place', () => {
  const epoch = (n: number, loss = n): EpochEnded => ({
    ...{ runId: 'r', epoch: n, learningRate: 0.1, seconds: 1, samplesPerSecond: 1, validation: null },
    train: { loss, accuracy: null },
  })
  it('appends the next one', () => {
    expect(withEpoch([epoch(1)], epoch(2))?.map((one) => one.epoch)).toEqual([1, 2])
  })
  it('drops what a resumed run trains again', () => {
    const resumed = withEpoch([epoch(1), epoch(2), epoch(3)], epoch(2, 9))
    expect(resumed?.map(({ train }) => train.loss)).toEqual([1, 9])
  })
  it('asks to read again when one in between is missing', () => {
    expect(withEpoch([epoch(1)], epoch(3))).toBeNull()
    expect(withEpoch([], epoch(1))).not.toBeNull()
  })
})
