import { describe, expect, it } from 'vitest'
import { parallelOption, parallelTable } from '@renderer/charts/parallel'
import { fieldOf } from '@renderer/components/params-form'
import { canVary, dimensionOf, firstVariation, gridSize } from '@renderer/components/sweeps/space-form'
import type { Sweep } from '@shared/schemas/sweep'

const rate = fieldOf('learningRate', { type: 'number', minimum: 0, maximum: 100, default: 0.003 })
const units = fieldOf('units', { type: 'integer', minimum: 1, maximum: 64, default: 48 })
const optimizer = fieldOf('optimizer', { enum: ['adam', 'sgd'], default: 'adam' })
const augment = fieldOf('augment', { type: 'boolean', default: false })
const typed = (low: string, high: string, isLog = false) => ({ low, high, isLog, picked: [] })

describe('what a sweep varies', () => {
  it('begins around the present value, within what the setting may be', () => {
    expect(firstVariation(rate, 0.003)).toEqual({ low: '0.0003', high: '0.03', isLog: true, picked: [] })
    expect(firstVariation(units, 48)).toMatchObject({ low: '24', high: '64' })
    expect(firstVariation(units, 1)).toMatchObject({ low: '1', high: '2' })
    expect(firstVariation(augment, false).picked).toEqual(['false', 'true'])
    expect(canVary(fieldOf('seed', { type: 'integer' }))).toBe(false)
    for (const [field, value] of [
      [rate, 0.003],
      [units, 48],
      [optimizer, 'adam'],
      [augment, false],
    ] as const)
      expect(dimensionOf(field, firstVariation(field, value))).toBeTypeOf('object')
  })

  it('is read as typed, or refused with the reason', () => {
    expect(dimensionOf(rate, typed('0,001', '0.1', true))).toEqual({
      kind: 'range',
      low: 0.001,
      high: 0.1,
      scale: 'log',
      integer: false,
      steps: 3,
    })
    expect(dimensionOf(optimizer, { ...typed('', ''), picked: ['sgd', 'adam'] })).toEqual({
      kind: 'choice',
      values: ['adam', 'sgd'],
    })
    expect(dimensionOf(augment, { ...typed('', ''), picked: ['true'] })).toBe('Tick at least two.')
    expect(dimensionOf(units, typed('1.5', '8'))).toBe('Give two whole numbers.')
    expect(dimensionOf(units, typed('8', '8'))).toBe('The first must be smaller than the second.')
    expect(dimensionOf(units, typed('1', '65'))).toBe('Stay between 1 and 64.')
    expect(dimensionOf(rate, typed('0', '1', true))).toBe('Steps by magnitude begin above 0.')
  })

  it('counts what a grid would have', () => {
    const space = {
      units: { kind: 'range', low: 1, high: 2, scale: 'linear', integer: true, steps: 3 } as const,
      learningRate: { kind: 'range', low: 1, high: 2, scale: 'linear', integer: false, steps: 3 } as const,
      optimizer: { kind: 'choice', values: ['adam', 'sgd'] } as const,
    }
    expect(gridSize(space as never)).toBe(2 * 3 * 2)
  })
})

describe('the picture of a sweep', () => {
  const sweep = {
    spec: {
      objective: 'accuracy',
      space: {
        units: { kind: 'choice', values: [8, 64] },
        learningRate: { kind: 'range', low: 0.001, high: 0.1, scale: 'log', integer: false, steps: 3 },
      },
    },
    configs: [
      { config: 1, params: { units: 64, learningRate: 0.01 }, score: 0.9 },
      { config: 0, params: { units: 8, learningRate: 0.1 }, score: 0.5 },
      { config: 2, params: { units: 8, learningRate: 0.001 }, score: null },
    ],
    trials: [{ state: 'pruned', params: { units: 8, learningRate: 0.002 }, score: 0.4 }],
  } as unknown as Sweep

  it('draws a line per scored configuration, the best on top, and dashes what fell behind', () => {
    const { parallelAxis, series } = parallelOption(sweep, { units: 'Units' }, false) as {
      parallelAxis: { name: string; type: string; data?: string[] }[]
      series: { data: { value: unknown[]; lineStyle: { width: number; type?: string } }[] }[]
    }
    expect(parallelAxis.map(({ name, type }) => [name, type])).toEqual([
      ['Units', 'category'],
      ['learningRate', 'log'],
      ['Validation accuracy', 'value'],
    ])
    const [behind, worst, best] = series[0]!.data
    // A category is named, since a number would be taken for its place.
    expect([behind!.value, worst!.value, best!.value]).toEqual([
      ['8', 0.002, 0.4],
      ['8', 0.1, 0.5],
      ['64', 0.01, 0.9],
    ])
    expect(behind!.lineStyle.type).toBe('dashed')
    expect(best!.lineStyle.width).toBeGreaterThan(worst!.lineStyle.width)
    expect(parallelTable(sweep, {}).rows).toHaveLength(2)
  })
})
