import { expect, test } from 'vitest'
import type { FieldValue } from '@shared/schemas/dataset'
import { allowed, costOf, fitDomain } from '@main/ml/counterfactual/domain'
import { marginOf } from '@main/ml/counterfactual/goal'
import { findCounterfactuals } from '@main/ml/counterfactual/search'

const never = new AbortController().signal

test('a field may become what training has shown: its steps, its range, its categories', () => {
  const number = (values: FieldValue[]) => fitDomain('x', 'number', values)!
  expect(number([6, 12, 48, null])).toMatchObject({ min: 6, max: 48, step: 6 })
  expect(number([1, 1.5, 3])).toMatchObject({ step: 0.5 })
  expect(number([0.1234567, 2, 3]).step).toBeNull()
  expect(allowed(number([6, 12, 48]), 40)).toBe(42)
  expect(allowed(number([6, 12, 48]), 400)).toBe(48)
  expect(allowed(number([0.1, 0.2, 0.7]), 0.3)).toBe(0.3)
  const dates = fitDomain('d', 'date', ['2020-01-05', '2020-01-01', null])!
  expect(dates.candidates).toEqual(['2020-01-01', '2020-01-05'])
  const flags = fitDomain('f', 'boolean', [true, false, true])!
  expect(flags.candidates).toEqual([true, false])
  expect(fitDomain('nothing', 'number', [null, null])).toBeNull()
  // Another category costs as much as a number that goes through the middle 90 % of its values.
  const wide = number(Array.from({ length: 101 }, (_, i) => i))
  expect(costOf(wide, 0, 90)).toBeCloseTo(costOf(flags, true, false), 9)
})

test('the margin is positive once the goal is reached, and only then', () => {
  expect(marginOf([0.2, 0.8], { predicted: 1, target: null })).toBeLessThan(0)
  expect(marginOf([0.6, 0.4], { predicted: 1, target: null })).toBeGreaterThan(0)
  expect(marginOf([0.5, 0.3, 0.2], { predicted: 1, target: 2 })).toBeLessThan(0)
  expect(marginOf([0.1, 0.3, 0.6], { predicted: 1, target: 2 })).toBeGreaterThan(0)
})

/** Says yes to thirty and more with a job, or with savings of 500: a rule whose nearest changes are known by hand. */
const rule = ([age, job, savings]: FieldValue[]) =>
  ((age as number) >= 30 && job === 'yes') || (savings as number) >= 500 ? 0.9 : 0.1 + (age as number) / 1000
const domains = [
  fitDomain('age', 'number', [18, 25, 33, 41, 66])!,
  fitDomain('job', 'category', ['yes', 'no', 'yes'])!,
  fitDomain('savings', 'number', [0, 50, 350, 900])!,
]

async function search(start: FieldValue[], locked: number[], lent: FieldValue[][] = []) {
  const ask = async (rows: FieldValue[][]) => rows.map((row) => [1 - rule(row), rule(row)])
  const free = domains.map((domain, i) => (locked.includes(i) ? null : domain))
  const goal = { predicted: 0, target: null }
  return findCounterfactuals({ start, domains: free, goal, ask, signal: never }, async () => lent, 3)
}

test('the answers are as small as the rule allows, differ in their fields, and leave the locked ones', async () => {
  const found = await search([25, 'yes', 0], [])
  expect(found.map(({ values }) => values)).toEqual([
    [30, 'yes', 0],
    [25, 'yes', 500],
  ])
  expect((await search([25, 'yes', 0], [0])).map(({ values }) => values)).toEqual([[25, 'yes', 500]])
  // Two fields at once, where savings are locked.
  expect((await search([25, 'no', 0], [2])).map(({ values }) => values)).toEqual([[30, 'yes', 0]])
  expect(await search([25, 'no', 0], [0, 2])).toEqual([])
})
