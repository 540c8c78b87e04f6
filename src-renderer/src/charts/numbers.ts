import type { RunResults } from '@shared/schemas/run'
import type { EChartsCoreOption } from 'echarts/core'
import { formatNumber } from '../format'
import type { ChartColors } from './theme'

/** A run whose predicted numbers are drawn. */
export interface NumberPoints {
  name: string
  /** Position of its colour. */
  color: number
  numbers: NonNullable<RunResults['numbers']>
}

interface Input {
  runs: NumberPoints[]
  /** The column that is predicted, as the axes say it. */
  target: string
  colors: ChartColors
}

const axisNumber = (value: number): string => formatNumber(value, 3)

/** Ends of both axes: what was true and what was predicted, of all runs. */
export function rangeOf(runs: NumberPoints[]): [number, number] {
  let [low, high] = [Infinity, -Infinity]
  for (const { numbers } of runs)
    for (const values of [numbers.truth, numbers.predicted])
      for (const value of values) {
        if (value < low) low = value
        if (value > high) high = value
      }
  if (low > high) return [0, 1]
  return low === high ? [low - 1, high + 1] : [low, high]
}

const axis = (name: string, isVertical = false) => ({
  type: 'value',
  scale: true,
  name,
  nameLocation: isVertical ? 'end' : 'middle',
  nameGap: isVertical ? 10 : 26,
  ...(isVertical && { nameTextStyle: { align: 'left' } }),
  axisLabel: { formatter: axisNumber },
})

function points(input: Input, yOf: (truth: number, predicted: number) => [number, number]): object[] {
  return input.runs.map(({ name, color, numbers }) => ({
    name,
    type: 'scatter',
    symbolSize: numbers.truth.length > 500 ? 4 : 6,
    itemStyle: { color: input.colors.series[color % input.colors.series.length], opacity: 0.55 },
    data: numbers.truth.map((truth, i) => yOf(truth, numbers.predicted[i]!)),
  }))
}

const reference = (colors: ChartColors, data: object[]) => ({
  type: 'line',
  data: [],
  silent: true,
  markLine: {
    silent: true,
    animation: false,
    symbol: 'none',
    label: { show: false },
    lineStyle: { color: colors.reference, type: [4, 4], width: 1.5 },
    data,
  },
})

/** As a line of its own, so that both axes reach over the same numbers. */
const diagonal = (colors: ChartColors, low: number, high: number) => ({
  type: 'line',
  silent: true,
  showSymbol: false,
  tooltip: { show: false },
  lineStyle: { color: colors.reference, type: [4, 4], width: 1.5 },
  data: [
    [low, low],
    [high, high],
  ],
})

const grid = { left: 8, right: 20, top: 30, bottom: 24, containLabel: true }

/** Predicted against true: a perfect model lies on the diagonal. */
export function predictedOption(input: Input): EChartsCoreOption {
  const [low, high] = rangeOf(input.runs)
  return {
    grid,
    tooltip: tooltip(input, 'true', 'predicted'),
    xAxis: axis(`True ${input.target}`),
    yAxis: axis(`Predicted ${input.target}`, true),
    series: [...points(input, (truth, predicted) => [truth, predicted]), diagonal(input.colors, low, high)],
  }
}

/** How far off each prediction is, by what was predicted: a good model scatters evenly around zero. */
export function residualOption(input: Input): EChartsCoreOption {
  return {
    grid,
    tooltip: tooltip(input, 'predicted', 'predicted minus true'),
    xAxis: axis(`Predicted ${input.target}`),
    yAxis: axis('Predicted minus true', true),
    series: [
      ...points(input, (truth, predicted) => [predicted, predicted - truth]),
      reference(input.colors, [{ yAxis: 0 }]),
    ],
  }
}

function tooltip({ runs }: Input, x: string, y: string) {
  return {
    trigger: 'item',
    confine: true,
    formatter: ({ value, seriesIndex, dataIndex }: { value: number[]; seriesIndex: number; dataIndex: number }) => {
      const sample = runs[seriesIndex]?.numbers.sampleIds[dataIndex]
      return `sample ${sample}<br>${x} <b>${formatNumber(value[0], 5)}</b><br>${y} <b>${formatNumber(value[1], 5)}</b>`
    },
  }
}

/** The same figures as a table: a row per sample, those that are furthest off first. */
export function numbersTable({ runs }: Pick<Input, 'runs'>): {
  columns: string[]
  rows: (string | number | null)[][]
} {
  const rows = runs.flatMap(({ name, numbers }) =>
    numbers.truth.map((truth, i) => {
      const predicted = numbers.predicted[i]!
      return [...(runs.length > 1 ? [name] : []), numbers.sampleIds[i]!, truth, predicted, predicted - truth]
    }),
  )
  const last = (row: (string | number)[]) => Math.abs(row.at(-1) as number)
  return {
    columns: [...(runs.length > 1 ? ['Run'] : []), 'Sample', 'True', 'Predicted', 'Predicted minus true'],
    rows: rows.sort((a, b) => last(b) - last(a)),
  }
}
