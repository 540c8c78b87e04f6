import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { parse } from 'csv-parse/sync'
import { audit } from '@main/ml/audit/audit'
import { fairnessMetrics } from '@main/ml/audit/metrics'
import golden from './data/german-credit-mean-difference.json'

/**
 * AIF360's tutorial on credit scoring: how much less often the young are called good risks. Labels taken for predictions
 * make the selection rate the rate of the label.
 */
async function meanDifference(indices: number[]): Promise<number> {
  const csv = join(import.meta.dirname, '../../resources/samples/german-credit/german-credit.csv')
  const people = parse(await readFile(csv), { columns: true }) as { age: string; credit_risk: string }[]
  const chosen = indices.map((index) => people[index]!)
  const good = chosen.map(({ credit_risk }) => credit_risk === golden.positive)
  const { byGroup, disparities } = await audit(
    {
      runId: 'labels',
      sensitive: ['age_group'],
      split: 'train',
      positive: golden.positive,
      threshold: 0.5,
      rounds: 100,
      level: 0.95,
      seed: 1,
      smallGroup: 30,
      unlabelled: 0,
      truth: good,
      scores: good.map(Number),
      groups: chosen.map(({ age }) => [Number(age) >= 25 ? 'old' : 'young']),
    },
    fairnessMetrics.values(),
  )
  const rateOf = (name: string) =>
    byGroup.find(({ group }) => group['age_group'] === name)!.metrics['selection-rate']!.value!
  const difference = rateOf('young') - rateOf('old')
  const parity = disparities.find(({ metric }) => metric === 'demographic-parity-difference')!
  expect(parity.value).toBeCloseTo(-difference, 12)
  expect(parity.groups).toEqual(['young', 'old'])
  return difference
}

test('German credit by age, all rows', async () => {
  const found = await meanDifference(golden.permutation)
  expect(golden.permutation).toHaveLength(1000)
  expect(Math.abs(found - golden.all.meanDifference)).toBeLessThan(1e-9)
  expect(found.toFixed(6)).toBe('-0.128550')
})

test('German credit by age, the 700 rows of the tutorial', async () => {
  const found = await meanDifference(golden.permutation.slice(0, 700))
  expect(Math.abs(found - golden.first700.meanDifference)).toBeLessThan(1e-9)
  expect(found.toFixed(6)).toBe('-0.169905')
})
