import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fairnessMetrics } from '@main/ml/audit/metrics'
import type { DisparityMetric, FairnessMetric, GroupCounts, RateMetric } from '@main/ml/fairness/define'

/** What every metric must keep; one that is found is tested, with no list. */
const all = [...fairnessMetrics.values()]
const rates = all.filter((metric): metric is RateMetric => metric.kind === 'rate')
const disparities = all.filter((metric): metric is DisparityMetric => metric.kind !== 'rate')

const nobody: GroupCounts = { tp: 0, fp: 0, tn: 0, fn: 0 }
const cell = fc.nat({ max: 40 })
const counts = fc.record({ tp: cell, fp: cell, tn: cell, fn: cell })
const groups = fc.array(counts, { minLength: 2, maxLength: 6 })
const isShare = (value: number | null) => value === null || (value >= 0 && value <= 1)
const times = (group: GroupCounts, k: number): GroupCounts => ({
  tp: group.tp * k,
  fp: group.fp * k,
  tn: group.tn * k,
  fn: group.fn * k,
})

test('the metrics that an audit promises are there', () => {
  expect(rates.map(({ id }) => id).sort()).toEqual(
    ['accuracy', 'base-rate', 'false-positive-rate', 'precision', 'selection-rate', 'true-positive-rate'].sort(),
  )
  expect(disparities.length).toBeGreaterThanOrEqual(4)
})

describe.each(all)('$id', (metric: FairnessMetric) => {
  test('says what it is', () => {
    expect(metric.id).toMatch(/^[a-z-]+$/)
    expect(metric.title.length).toBeGreaterThan(3)
    expect(metric.summary).toMatch(/\.$/)
    expect(metric.reference).toMatch(/^https:\/\//)
  })
})

describe.each(rates)('rate $id', ({ compute }) => {
  test('is a share or null, never NaN, and null where nobody is', () => {
    fc.assert(fc.property(counts, (group) => isShare(compute(group))))
    expect(compute(nobody)).toBeNull()
  })

  test('does not depend on the size of the group', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 9 }), (group, k) => compute(times(group, k)) === compute(group)),
    )
  })
})

describe.each(disparities)('disparity $id', ({ compute, ends, ideal, kind }) => {
  test('is ideal, or undefined, on groups that are alike', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 9 }), (group, k) => {
        const value = compute([group, times(group, k), group])
        return value === null || Math.abs(value - ideal) < 1e-12
      }),
    )
    expect(compute([times({ tp: 1, fp: 1, tn: 1, fn: 1 }, 5), { tp: 1, fp: 1, tn: 1, fn: 1 }])).toBe(ideal)
    expect(ideal).toBe(kind === 'ratio' ? 1 : 0)
  })

  test('is a share or null whatever the groups are', () => {
    fc.assert(fc.property(groups, (some) => isShare(compute(some))))
  })

  test('does not depend on the order of the groups', () => {
    fc.assert(fc.property(groups, (some) => compute(some) === compute([...some].reverse())))
  })

  test('an empty group changes nothing, and one group alone cannot be compared', () => {
    fc.assert(fc.property(groups, (some) => compute([...some, nobody]) === compute(some)))
    expect(compute([{ tp: 1, fp: 1, tn: 1, fn: 1 }])).toBeNull()
    expect(ends([{ tp: 1, fp: 1, tn: 1, fn: 1 }])).toBeNull()
    expect(compute([nobody, nobody])).toBeNull()
  })

  test('the two groups that it names are enough to find the same value', () => {
    fc.assert(
      fc.property(groups, (some) => {
        const at = ends(some)
        if (at === null) return compute(some) === null
        return Math.abs(compute(at.map((index) => some[index]!))! - compute(some)!) < 1e-12
      }),
    )
  })

  test('is far from ideal where one group gets everything and the other nothing', () => {
    const value = compute([
      { tp: 10, fp: 10, tn: 0, fn: 0 },
      { tp: 0, fp: 0, tn: 10, fn: 10 },
    ])
    expect(Math.abs(value! - ideal)).toBe(1)
  })
})
