import { describe, expect, it } from 'vitest'
import { cellLabel, cellStrength, cellText, confusionCells, nextCell, worstPairs } from '@renderer/charts/confusion'
import { accuracyRange, bestEpochOf, curvesOption, curvesTable, isBaselineOffScale } from '@renderer/charts/curves'
import { calibrationOption, rocOption, rocTable } from '@renderer/charts/roc'
import { chartColors } from '@renderer/charts/theme'
import type { EpochEnded, RunResults } from '@shared/schemas/run'

const colors = chartColors(false)
const history = (rows: [number, number | null][]): EpochEnded[] =>
  rows.map(([accuracy, validation], index) => ({
    ...{ runId: 'r', epoch: index + 1, learningRate: 0.1, seconds: 1, samplesPerSecond: 1 },
    train: { loss: 1 - accuracy, accuracy },
    validation: validation === null ? null : { loss: 1 - validation, accuracy: validation },
  }))
const run = {
  runId: 'r',
  name: 'cnn 1',
  history: history([
    [0.8, 0.75],
    [0.9, 0.92],
    [0.97, 0.9],
  ]),
}
interface Series {
  name: string
  data: (number | null)[][]
  markLine?: { data: { yAxis: number }[] }
  markPoint?: { data: { coord: number[] }[] }
}
const seriesOf = (option: object) => (option as { series: Series[] }).series

describe('curves of one run', () => {
  it('draws train and validation, marks the best epoch and the baseline', () => {
    const input = { metric: 'accuracy' as const, runs: [{ ...run, bestEpoch: 2 }], colors, baseline: 0.1 }
    const series = seriesOf(curvesOption(input))
    expect(series.map(({ name }) => name)).toEqual(['train', 'validation', 'always the largest class'])
    expect(series[1]!.data).toEqual([
      [1, 0.75],
      [2, 0.92],
      [3, 0.9],
    ])
    expect(series[1]!.markPoint?.data).toEqual([{ coord: [2, 0.92] }])
    expect(series[2]!.markLine?.data).toEqual([{ yAxis: 0.1 }])
  })
  it('keeps what was measured behind the smoothed line', () => {
    const series = seriesOf(curvesOption({ metric: 'loss', runs: [run], colors, smoothing: 0.6 }))
    const measured = series.find(({ name }) => name === 'train, as measured')
    expect(measured?.data.map(([, y]) => y)).toEqual(run.history.map(({ train }) => train.loss))
  })
  it('leaves out a split without figures', () => {
    const trainOnly = {
      ...run,
      history: history([
        [0.5, null],
        [0.6, null],
      ]),
    }
    expect(seriesOf(curvesOption({ metric: 'loss', runs: [trainOnly], colors })).map(({ name }) => name)).toEqual([
      'train',
    ])
  })
  it('starts with the loss of single batches before the first epoch is over', () => {
    const steps = [
      { x: 0.1, y: 2 },
      { x: 0.2, y: 1.5 },
    ]
    const option = curvesOption({ metric: 'loss', runs: [{ ...run, history: [], steps }], colors })
    expect(seriesOf(option).map(({ name }) => name)).toEqual(['batches'])
    expect((option as { xAxis: { min: number } }).xAxis.min).toBe(0)
  })
  it('takes the lowest validation loss as best when none was kept', () => {
    expect(bestEpochOf(null, run.history)).toBe(2)
    expect(bestEpochOf(3, run.history)).toBe(3)
    expect(bestEpochOf(null, history([[0.5, null]]))).toBeNull()
  })
})

describe('curves of several runs', () => {
  it('names each curve by its run and has the same figures as a table', () => {
    const runs = [
      { ...run, color: 0 },
      { ...run, runId: 's', name: 'mlp 1', color: 1, history: run.history.slice(0, 1) },
    ]
    const table = curvesTable({ metric: 'accuracy', runs, colors })
    expect(table.columns).toEqual(['Epoch', 'cnn 1, train', 'cnn 1, validation', 'mlp 1, train', 'mlp 1, validation'])
    expect(table.rows).toEqual([
      [1, 0.8, 0.75, 0.8, 0.75],
      [2, 0.9, 0.92, null, null],
      [3, 0.97, 0.9, null, null],
    ])
  })
})

describe('the accuracy axis', () => {
  const input = { metric: 'accuracy' as const, runs: [run], colors, baseline: 0.1 }
  it('holds the baseline on whole steps', () => {
    expect(accuracyRange(input)).toEqual({ min: 0, max: 1, interval: 0.2 })
  })
  it('leaves it out in the close-up, and says so', () => {
    const { min, max, interval } = accuracyRange({ ...input, isCloseUp: true })
    expect({ min, max, interval }).toEqual({ min: 0.75, max: 1, interval: 0.05 })
    expect(isBaselineOffScale(input)).toBe(true)
    expect(isBaselineOffScale({ ...input, baseline: 0.9 })).toBe(false)
  })
  it('stays between 0 and 1 for a flat curve at the top and for none at all', () => {
    const flat = {
      ...run,
      history: history([
        [1, 1],
        [1, 1],
      ]),
    }
    const { min, max } = accuracyRange({ metric: 'accuracy', runs: [flat], colors })
    expect(max).toBe(1)
    expect(min).toBeLessThanOrEqual(1)
    expect(accuracyRange({ metric: 'accuracy', runs: [], colors })).toEqual({ min: 0, max: 1, interval: 0.25 })
  })
})

describe('the confusion matrix', () => {
  const cells = confusionCells([
    [8, 2],
    [0, 0],
  ])
  it('shares are of the row; an empty row has none', () => {
    expect(cells[0]!.map(({ share }) => share)).toEqual([0.8, 0.2])
    expect(cells[1]!.map(({ share }) => share)).toEqual([null, null])
  })
  it('writes counts, per cent of the row, and nothing for an empty one', () => {
    expect(cellText(cells[0]![0]!, 'counts')).toBe('8')
    expect(cellText(cells[0]![0]!, 'rows')).toBe('80')
    expect(cellText(cells[1]![0]!, 'rows')).toBe('–')
  })
  it('never rounds up to 100', () => {
    const [almost] = confusionCells([
      [9999, 1],
      [0, 0],
    ])[0]!
    expect(cellText(almost!, 'rows')).toBe('99.9')
    expect(
      cellText(
        confusionCells([
          [5, 0],
          [0, 5],
        ])[0]![0]!,
        'rows',
      ),
    ).toBe('100')
  })
  it('shows a rare mistake at all, and a frequent one more', () => {
    const [row] = confusionCells([
      [980, 1, 19],
      [0, 1, 0],
      [0, 0, 1],
    ])
    expect(cellStrength(row![1]!)).toBeGreaterThan(0.1)
    expect(cellStrength(row![2]!)).toBeGreaterThan(cellStrength(row![1]!))
    expect(cellStrength({ ...row![1]!, count: 0, share: 0 })).toBe(0)
  })
  it('says a cell in words', () => {
    expect(cellLabel(cells[0]![1]!, ['cat', 'dog'])).toMatch(/^2 of cat taken for dog, 20\.0.%/)
    expect(cellLabel(cells[0]![0]!, ['cat', 'dog'])).toMatch(/^8 of cat recognised/)
  })
  it('lists the most frequent mistakes first', () => {
    const worst = worstPairs(
      [
        [5, 1, 0],
        [7, 5, 2],
        [0, 0, 5],
      ],
      2,
    )
    expect(worst.map(({ truth, predicted, count }) => [truth, predicted, count])).toEqual([
      [1, 0, 7],
      [1, 2, 2],
    ])
  })
  it('arrows stay inside', () => {
    expect(nextCell('ArrowUp', [0, 1], 3)).toEqual([0, 1])
    expect(nextCell('ArrowDown', [0, 1], 3)).toEqual([1, 1])
    expect(nextCell('End', [1, 0], 3)).toEqual([1, 2])
    expect(nextCell('a', [1, 0], 3)).toBeNull()
  })
})

describe('ROC and calibration', () => {
  const results = {
    runId: 'r',
    roc: { x: [0, 0, 1], y: [0, 1, 1], thresholds: [1, 0.7, 0.2] },
    calibration: { x: [0.1, 0.9], y: [0, 1], counts: [100, 4] },
  } as unknown as RunResults
  const curve = { name: 'cnn 1', color: 1, results }
  it('draws the curve over the diagonal, in its own colour', () => {
    const series = seriesOf(rocOption([curve], colors))
    expect(series.map(({ name }) => name)).toEqual(['diagonal', 'cnn 1'])
    expect(series[1]!.data).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
    ])
    expect(rocTable([curve]).rows[1]).toEqual(['cnn 1', 0.7, 0, 1])
  })
  it('dots grow with the samples behind them', () => {
    const series = seriesOf(calibrationOption([curve], colors)) as (Series & { symbolSize: (p: number[]) => number })[]
    const [many, few] = series[1]!.data as number[][]
    expect(series[1]!.symbolSize(many!)).toBeGreaterThan(series[1]!.symbolSize(few!))
  })
})
