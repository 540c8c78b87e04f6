import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { FieldValue } from '@shared/schemas/dataset'
import { binsOf } from '@main/ml/dependence/ale'
import { associationOf } from '@main/ml/dependence/association'
import { averageCurve } from '@main/ml/dependence/curves'
import { curvesOf, effectsOf } from '@main/ml/dependence/follow'
import { bordersOf, gridOf } from '@main/ml/dependence/grid'

interface Golden {
  x: number[][]
  group: string[]
  shade: string[]
  first: number[][]
  second: number[]
  bins: number
  resolution: number
  curves: {
    field: string
    grid: number[]
    average: number[]
    individual: number[][]
    borders: number[]
    effects: number[]
  }[]
  associations: { rank: number; ratio: number; cramer: number }
}

const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'data/dependence.json'), 'utf8')) as Golden
const names = golden.curves.map(({ field }) => field)
const rows = golden.x.map((row): Record<string, FieldValue> =>
  Object.fromEntries(names.map((name, k) => [name, row[k]!])),
)

/** The network of the golden file, in plain numbers. */
const ask = async (asked: Record<string, FieldValue>[]) =>
  asked.map((row) => {
    const hidden = golden.second.map((_, j) =>
      Math.tanh(names.reduce((sum, name, k) => sum + (row[name] as number) * golden.first[k]![j]!, 0)),
    )
    return 1 / (1 + Math.exp(-hidden.reduce((sum, value, j) => sum + value * golden.second[j]!, 0)))
  })

/** Largest distance between two lists of numbers. */
function apart(found: number[], expected: number[]): number {
  expect(found).toHaveLength(expected.length)
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)))
}

describe.each(golden.curves)('along "$field"', ({ field, grid, average, individual, borders, effects }) => {
  const values = rows.map((row) => row[field] as number)

  test('grid, single rows and their mean are those of scikit-learn', async () => {
    const own = gridOf(values, golden.resolution)
    expect(apart(own, grid)).toBeLessThan(1e-9)
    const curves = await curvesOf(rows, field, own, ask)
    expect(Math.max(...curves.map((curve, i) => apart(curve, individual[i]!)))).toBeLessThan(1e-9)
    const { values: mean, low, high } = averageCurve(curves)
    expect(apart(mean, average)).toBeLessThan(1e-9)
    mean.forEach((value, k) => {
      expect(low[k]).toBeLessThan(value)
      expect(high[k]).toBeGreaterThan(value)
    })
  })

  test('accumulated local effects are those of PyALE', async () => {
    expect(apart(bordersOf(values, golden.bins), borders)).toBeLessThan(1e-9)
    const asked = rows.map((row, i) => ({ row, number: values[i]! }))
    const found = (await effectsOf(asked, field, 'number', ask))!
    expect(apart(found.at as number[], borders)).toBeLessThan(1e-9)
    expect(apart(found.values, effects)).toBeLessThan(1e-9)
    found.values.forEach((value, k) => {
      expect(found.low[k]).toBeLessThanOrEqual(value)
      expect(found.high[k]).toBeGreaterThanOrEqual(value)
    })
  })
})

test('associations are those of SciPy', () => {
  const column = (name: string, values: number[] | string[]) => ({
    name,
    values,
    isNumber: typeof values[0] === 'number',
  })
  const [a, b] = [0, 1].map((k) =>
    column(
      names[k]!,
      golden.x.map((row) => row[k]!),
    ),
  ) as [never, never]
  const [group, shade] = [column('group', golden.group), column('shade', golden.shade)]
  const { rank, ratio, cramer } = golden.associations
  expect(associationOf(a, b)).toEqual({ strength: expect.closeTo(rank, 9), measure: 'rank correlation' })
  expect(associationOf(a, group)).toEqual({ strength: expect.closeTo(ratio, 9), measure: 'correlation ratio' })
  expect(associationOf(group, a).strength).toBeCloseTo(ratio, 9)
  expect(associationOf(group, shade)).toEqual({ strength: expect.closeTo(cramer, 9), measure: "Cramér's V" })
})

test('a value on a border belongs to the bin below it, the lowest to the first', () => {
  expect(binsOf([0, 1, 1.5, 2, 4], [0, 1, 2, 4])).toEqual([0, 0, 1, 1, 2])
})
