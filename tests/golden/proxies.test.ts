import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'csv-parse/sync'
import type { FieldValue } from '@shared/schemas/dataset'
import { findProxies } from '@main/ml/audit/proxies'
import golden from './data/proxies.json'

const root = join(import.meta.dirname, '../..')
const adultFile = join(root, '.cache/adult/adult.csv')

interface Expected {
  fields: Record<string, number>
  all: number
}

type Row = Record<string, string>

async function found(csv: string, expected: Expected, groupOf: (row: Row) => string, seed = 1) {
  const table = parse(await readFile(csv), { columns: true }) as Row[]
  const names = Object.keys(expected.fields)
  const isNumber = (name: string) => table.every((row) => row[name] !== '' && Number.isFinite(Number(row[name])))
  const fields = names.map((name) => ({ name, kind: isNumber(name) ? ('number' as const) : ('category' as const) }))
  const nothing = table.map(() => null)
  return findProxies({
    fields,
    rows: table.map((row) =>
      fields.map(({ name, kind }): FieldValue => (kind === 'number' ? Number(row[name]) : row[name]!)),
    ),
    groups: table.map(groupOf),
    labels: nothing,
    predictions: nothing,
    folds: 5,
    seed,
    level: 0.95,
  })
}

const german = join(root, 'resources/samples/german-credit/german-credit.csv')

/** A thousand people: how the folds are dealt moves an AUC by more than the regression does, so it is averaged out. */
async function averaged(expected: Expected, groupOf: (row: Row) => string) {
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  const all = await Promise.all(seeds.map((seed) => found(german, expected, groupOf, seed)))
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  return (name: string | null) =>
    mean(all.map((one) => (name === null ? one.all : one.fields.find((field) => field.name === name)!.auc).value!))
}

test.each([
  ['sex', golden.german, (row: Row) => row['sex']!],
  ['age group', golden.germanAge, (row: Row) => (Number(row['age']) >= 25 ? 'old' : 'young')],
])('what tells the %s in German credit, as scikit-learn finds', async (_, expected: Expected, groupOf) => {
  const auc = await averaged(expected, groupOf)
  for (const [name, value] of Object.entries(expected.fields))
    expect(Math.abs(auc(name) - value), name).toBeLessThan(0.02)
  expect(Math.abs(auc(null) - expected.all)).toBeLessThan(0.015)
})

test.skipIf(!existsSync(adultFile))(
  'Adult without sex: relationship and marital status give it away (data: tests/golden/make.sh proxies)',
  async () => {
    const figures = await found(adultFile, golden.adult, (row) => row['sex']!)
    for (const { name, auc } of figures.fields)
      expect(Math.abs(auc.value! - (golden.adult.fields as Record<string, number>)[name]!), name).toBeLessThan(0.01)
    expect(Math.abs(figures.all.value! - golden.adult.all)).toBeLessThan(0.01)
    const strong = figures.fields.filter(({ strength }) => strength === 'strong').map(({ name }) => name)
    expect(strong).toContain('relationship')
    expect(strong).toContain('marital-status')
    expect(strong).not.toContain('education')
    expect(figures.rest!.value!).toBeLessThan(figures.all.value!)
  },
  120_000,
)
