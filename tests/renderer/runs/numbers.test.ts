import { describe, expect, it } from 'vitest'
import { numbersTable, predictedOption, rangeOf, residualOption } from '@renderer/charts/numbers'
import { chartColors } from '@renderer/charts/theme'
import { runColumns } from '@renderer/components/runs/runs-table'
import { headline } from '@renderer/components/runs/run-words'
import { emptyChoices, specOf, taskOf, targetProblem } from '@renderer/importing/import-choices'
import type { Inspection } from '@shared/schemas/dataset'
import { aRun } from './a-run'

const numbers = { sampleIds: [4, 5, 6], truth: [10, 20, 30], predicted: [12, 20, 21] }
const input = { runs: [{ name: 'mlp 1', color: 0, numbers }], target: 'price', colors: chartColors(false) }
const dataOf = (option: object) => (option as { series: { data: unknown[] }[] }).series[0]!.data

describe('charts of predicted numbers', () => {
  it('draw each sample by its truth, and by how far off it is', () => {
    expect(rangeOf(input.runs)).toEqual([10, 30])
    expect(rangeOf([])).toEqual([0, 1])
    expect(dataOf(predictedOption(input))).toEqual([
      [10, 12],
      [20, 20],
      [30, 21],
    ])
    expect(dataOf(residualOption(input))).toEqual([
      [12, 2],
      [20, 0],
      [21, -9],
    ])
  })
  it('have a table with those furthest off first', () => {
    expect(numbersTable(input).rows).toEqual([
      [6, 30, 21, -9],
      [4, 10, 12, 2],
      [5, 20, 20, 0],
    ])
    const two = numbersTable({ runs: [input.runs[0]!, { ...input.runs[0]!, name: 'mlp 2' }] })
    expect(two.columns[0]).toBe('Run')
    expect(two.rows).toHaveLength(6)
  })
})

describe('runs that predict a number', () => {
  const metrics = {
    loss: 0.1,
    accuracy: null,
    precision: null,
    recall: null,
    f1: null,
    rocAuc: null,
    mae: 3.5,
    r2: 0.9,
  }
  const run = aRun({ task: 'regression', classes: [], metrics: { train: null, validation: null, test: metrics } })
  const shown = (runs: (typeof run)[]) =>
    runColumns(runs, { split: 'test', families: [], isOneDataset: true, isWide: false })
      .filter(({ isDefault, group }) => isDefault && group === 'Figures')
      .map(({ key }) => key)
  it('show their own figures, lowest first', () => {
    expect(shown([run])).toEqual(['metric:mae', 'metric:r2'])
    expect(shown([aRun()])).toEqual(['metric:accuracy'])
    expect(shown([run, aRun()])).toEqual(['metric:accuracy', 'metric:mae', 'metric:r2'])
    const columns = runColumns([run], { split: 'test', families: [], isOneDataset: true, isWide: false })
    expect(columns.filter(({ isLowerBetter }) => isLowerBetter).map(({ key }) => key)).toEqual([
      'metric:mae',
      'metric:rmse',
      'metric:medianError',
      'metric:loss',
    ])
    expect(headline(run, 'test')).toBe('± 3.5')
  })
})

describe('a target of numbers at the import', () => {
  const field = (name: string, distinct: number, kind = 'number') => ({
    name,
    kind,
    distinct,
    missing: 0,
    examples: [],
  })
  const inspection = {
    modality: 'table',
    suggestedName: 'flats',
    suggestedTarget: 'price',
    fields: [field('price', 300), field('rooms', 5), field('kind', 3, 'category')],
    head: [],
  } as unknown as Inspection
  const choices = emptyChoices(inspection)
  it('is a number where there are many, unless somebody chooses', () => {
    expect(taskOf(inspection, choices)).toBe('regression')
    expect(targetProblem(inspection, choices)).toBeNull()
    expect(taskOf(inspection, { ...choices, target: 'rooms' })).toBe('classification')
    expect(taskOf(inspection, { ...choices, target: 'rooms', task: 'regression' })).toBe('regression')
    expect(taskOf(inspection, { ...choices, target: 'kind', task: 'regression' })).toBe('classification')
    expect(targetProblem(inspection, { ...choices, task: 'classification' })).toContain('300 different values')
    expect(specOf(choices, ['flats.csv'], inspection, 't')).not.toHaveProperty('task')
    expect(specOf({ ...choices, task: 'regression' }, ['flats.csv'], inspection, 't')).toMatchObject({
      target: 'price',
      task: 'regression',
    })
  })
})
