import type { RunResults } from '@shared/schemas/run'
import type { EChartsCoreOption } from 'echarts/core'
import { formatCount, formatNumber, formatPercent } from '../format'
import { keepShape } from './series'
import type { ChartColors } from './theme'

export interface ResultCurve {
  name: string
  color: number
  results: RunResults
}
type Table = { columns: string[]; rows: (string | number | null)[][] }

const percentAxis = (name: string, nameGap: number) => ({
  type: 'value',
  min: 0,
  max: 1,
  interval: 0.25,
  name,
  nameLocation: 'middle',
  nameGap,
  axisLabel: { formatter: (value: number) => `${Math.round(value * 100)}` },
})
const diagonal = (colors: ChartColors) => ({
  type: 'line',
  name: 'diagonal',
  silent: true,
  showSymbol: false,
  tooltip: { show: false },
  data: [
    [0, 0],
    [1, 1],
  ],
  lineStyle: { color: colors.reference, type: [2, 3], width: 1.25 },
  itemStyle: { color: colors.reference },
})
const grid = { left: 28, right: 12, top: 10, bottom: 28, containLabel: true }
const colorOf = (colors: ChartColors, curve: ResultCurve) => colors.series[curve.color % colors.series.length]!

/** Receiver operating characteristic: true positive rate over false positive rate, in per cent. */
export function rocOption(curves: ResultCurve[], colors: ChartColors): EChartsCoreOption {
  return {
    grid,
    tooltip: { trigger: 'item' },
    xAxis: percentAxis('False positive rate, %', 26),
    yAxis: percentAxis('True positive rate, %', 32),
    series: [
      diagonal(colors),
      ...curves.map((curve) => ({
        type: 'line',
        name: curve.name,
        data: keepShape(
          (curve.results.roc?.x ?? []).map((x, index) => ({ x, y: curve.results.roc!.y[index]! })),
          1000,
        ).map(({ x, y }) => [x, y]),
        showSymbol: false,
        itemStyle: { color: colorOf(colors, curve) },
        lineStyle: { color: colorOf(colors, curve), width: 2 },
        emphasis: { focus: 'series' },
      })),
    ],
  }
}

export function rocTable(curves: ResultCurve[]): Table {
  return {
    columns: ['Run', 'Threshold', 'False positive rate', 'True positive rate'],
    rows: curves.flatMap(({ name, results: { roc } }) =>
      (roc?.x ?? []).map((x, index) => [name, roc!.thresholds?.[index] ?? null, x, roc!.y[index] ?? null]),
    ),
  }
}

/** Reliability diagram: how often the class really came, by how sure the model was; the dot grows with the samples. */
export function calibrationOption(curves: ResultCurve[], colors: ChartColors): EChartsCoreOption {
  const most = Math.max(1, ...curves.flatMap(({ results }) => results.calibration?.counts ?? []))
  return {
    grid,
    tooltip: {
      trigger: 'item',
      formatter: ({ data, seriesName }: { data: number[]; seriesName: string }) =>
        seriesName === 'diagonal'
          ? ''
          : `Said ${formatPercent(data[0], 0)}, came ${formatPercent(data[1], 0)}<br>${formatCount(data[2])} samples`,
    },
    xAxis: percentAxis('Predicted probability, %', 26),
    yAxis: percentAxis('How often it came true, %', 32),
    series: [
      diagonal(colors),
      ...curves.map((curve) => ({
        type: 'line',
        name: curve.name,
        data: (curve.results.calibration?.x ?? []).map((x, index) => [
          x,
          curve.results.calibration!.y[index]!,
          curve.results.calibration!.counts[index]!,
        ]),
        symbol: 'circle',
        symbolSize: (point: number[]) => 4 + 9 * Math.sqrt((point[2] ?? 0) / most),
        itemStyle: { color: colorOf(colors, curve), opacity: 0.9 },
        lineStyle: { color: colorOf(colors, curve), width: 1.75 },
        emphasis: { focus: 'series' },
      })),
    ],
  }
}

export function calibrationTable(curves: ResultCurve[]): Table {
  return {
    columns: ['Run', 'Mean probability', 'Observed rate', 'Samples'],
    rows: curves.flatMap(({ name, results: { calibration } }) =>
      (calibration?.x ?? []).map((x, index) => [
        name,
        x,
        calibration!.y[index] ?? null,
        calibration!.counts[index] ?? null,
      ]),
    ),
  }
}

/** "AUC 0.791" or why there is none. */
export const aucText = ({ results }: ResultCurve): string =>
  results.metrics.rocAuc === null
    ? 'not defined: only one class here'
    : `AUC ${formatNumber(results.metrics.rocAuc, 3)}`
export const brierText = ({ results }: ResultCurve): string =>
  results.brier === null ? 'not defined' : `Brier ${formatNumber(results.brier, 3)}`
