import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'csv-parse/sync'
import type { FairnessConstraint } from '@shared/schemas/fairness'
import { fitThresholds, selectionProbability } from '@main/ml/audit/thresholds'
import { reweighing } from '@main/ml/reweigh'
import fairness from './data/fairness.json'
import means from './data/german-credit-mean-difference.json'
import golden from './data/mitigation.json'

const german = fairness.cases.find(({ id }) => id === 'german-credit')!

test.each(golden.thresholds)(
  'thresholds for $constraint by $sensitive within $tolerance select whom Fairlearn’s select',
  ({ constraint, sensitive, tolerance, probabilities }) => {
    const groups = (german.sensitive as unknown as Record<string, string[]>)[sensitive]!
    const scores = german.scores!
    const rules = fitThresholds({
      constraint: constraint as FairnessConstraint,
      tolerance,
      truth: german.yTrue.map(Boolean),
      scores,
      groups,
    })
    scores.forEach((score, i) => {
      const chance = selectionProbability(rules[groups[i]!]!, score)
      expect(Math.abs(chance - probabilities[i]!)).toBeLessThan(1e-9)
    })
  },
)

test('reweighing gives AIF360’s weights: the mean difference -0.169905 becomes 0.000000', async () => {
  const csv = join(import.meta.dirname, '../../resources/samples/german-credit/german-credit.csv')
  const people = parse(await readFile(csv), { columns: true }) as { age: string; credit_risk: string }[]
  const chosen = means.permutation.slice(0, 700).map((index) => people[index]!)
  const groups = chosen.map(({ age }) => (Number(age) >= 25 ? 'old' : 'young'))
  const labels = chosen.map(({ credit_risk }) => Number(credit_risk === 'good'))
  const weights = reweighing(groups, labels)
  weights.forEach((weight, i) => expect(Math.abs(weight - golden.reweighing.weights[i]!)).toBeLessThan(1e-9))
  const difference = (weighOf: (i: number) => number) => {
    const rate = (name: string) => {
      const own = groups.flatMap((group, i) => (group === name ? [i] : []))
      return own.reduce((sum, i) => sum + weighOf(i) * labels[i]!, 0) / own.reduce((sum, i) => sum + weighOf(i), 0)
    }
    return rate('young') - rate('old')
  }
  expect(Math.abs(difference(() => 1) - golden.reweighing.before)).toBeLessThan(1e-9)
  expect(difference(() => 1).toFixed(6)).toBe('-0.169905')
  expect(Math.abs(difference((i) => weights[i]!)).toFixed(6)).toBe('0.000000')
})
