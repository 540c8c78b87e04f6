import { expect, test } from 'vitest'
import { acceleration, bcaInterval } from '@main/ml/audit/bca'
import { resampler } from '@main/ml/audit/bootstrap'
import { adjusted, permutationTest } from '@main/ml/audit/permutation'
import { selectionRate } from '@main/ml/fairness/rates'
import type { GroupCounts } from '@main/ml/fairness/define'
import { randomStream } from '@main/ml/random'
import golden from './data/intervals.json'

const rate = (groups: readonly GroupCounts[]) =>
  groups.length === 1 ? selectionRate(groups[0]!) : selectionRate(groups[0]!)! - selectionRate(groups[1]!)!

test.each(golden.bca)('the BCa interval of $value is SciPy’s, within what another draw changes', (expected) => {
  const rounds = Float64Array.from(
    Array.from({ length: 60_000 }, resampler(expected.groups, randomStream(4))),
    (world) => rate(world)!,
  )
  const found = bcaInterval(rate(expected.groups), rounds, acceleration(expected.groups, rate), 0.95)
  expect(Math.abs(found.value! - expected.value)).toBeLessThan(1e-12)
  // Of one group the rates lie on a grid of 1/n, and a draw more or less moves the limit by one step of it.
  const step = expected.groups.length === 1 ? 1.01 / Object.values(expected.groups[0]!).reduce((a, b) => a + b) : 0.003
  expect(Math.abs(found.low! - expected.low)).toBeLessThan(step)
  expect(Math.abs(found.high! - expected.high)).toBeLessThan(step)
})

test('permutation tests are SciPy’s to 1e-9', () => {
  for (const { one, other, p } of golden.permutation)
    expect(Math.abs(permutationTest(one, other) - p)).toBeLessThan(1e-9)
})

test('corrected p-values are SciPy’s to 1e-12', () => {
  adjusted(golden.correction.p).forEach((q, i) =>
    expect(Math.abs(q - golden.correction.adjusted[i]!)).toBeLessThan(1e-12),
  )
})
