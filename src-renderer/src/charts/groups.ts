import type { GroupCurves } from '@shared/schemas/fairness'
import type { EChartsCoreOption } from 'echarts/core'
import { formatCount, formatPercent } from '../format'
import type { ChartColors } from './theme'

type Table = { columns: string[]; rows: (string | number | null)[][] }
export type ThresholdRate = 'selectionRate' | 'truePositiveRate' | 'falsePositiveRate'

const axis = (name: string, nameGap: number) => ({
  type: 'value',
  min: 0,
  max: 1,
  interval: 0.25,
  name,
  nameLocation: 'middle',
  nameGap,
  axisLabel: { formatter: (value: number) => `${Math.round(value * 100)}` },
})
const grid = { left: 28, right: 12, top: 34, bottom: 28, containLabel: true }
const legend = { type: 'scroll', top: 0, left: 0, itemWidth: 14, itemHeight: 8 }
const colorAt = (colors: ChartColors, index: number) => colors.series[index % colors.series.length]!
const markers = ['circle', 'rect', 'triangle', 'diamond', 'roundRect', 'pin']

/** One line per group: how often the favourable outcome was true, by the score that the model gave. */
export function groupCalibrationOption(groups: GroupCurves[], colors: ChartColors): EChartsCoreOption {
  return {
    grid,
    legend: { ...legend, data: groups.map(({ group }) => group) },
    tooltip: {
      trigger: 'item',
      formatter: ({ data, seriesName }: { data: number[]; seriesName: string }) =>
        `${seriesName}: said ${formatPercent(data[0], 0)}, came ${formatPercent(data[1], 0)}<br>${formatCount(data[2])} samples`,
    },
    xAxis: axis('Score, %', 26),
    yAxis: axis('How often it was true, %', 32),
    series: [
      {
        type: 'line',
        name: 'ideal',
        silent: true,
        showSymbol: false,
        tooltip: { show: false },
        data: [
          [0, 0],
          [1, 1],
        ],
        lineStyle: { color: colors.reference, type: [2, 3], width: 1.25 },
      },
      ...groups.map(({ group, calibration }, index) => ({
        type: 'line',
        name: group,
        data: calibration.map(({ score, rate, n }) => [score, rate, n]),
        symbol: markers[index % markers.length],
        symbolSize: 7,
        itemStyle: { color: colorAt(colors, index) },
        lineStyle: { color: colorAt(colors, index), width: 1.75 },
        emphasis: { focus: 'series' },
      })),
    ],
  }
}

export const groupCalibrationTable = (groups: GroupCurves[]): Table => ({
  columns: ['Group', 'Mean score', 'Observed rate', 'From', 'To', 'Samples'],
  rows: groups.flatMap(({ group, calibration }) =>
    calibration.map(({ score, rate, low, high, n }) => [group, score, rate, low, high, n]),
  ),
})

/** One line per group: a rate at every threshold, with the audit's own threshold marked. */
export function thresholdOption(
  groups: GroupCurves[],
  rate: ThresholdRate,
  threshold: number,
  colors: ChartColors,
): EChartsCoreOption {
  return {
    grid,
    legend: { ...legend, data: groups.map(({ group }) => group) },
    tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => formatPercent(value as number, 1) },
    xAxis: axis('Threshold, %', 26),
    yAxis: axis('Rate, %', 32),
    series: groups.map(({ group, thresholds }, index) => ({
      type: 'line',
      name: group,
      data: thresholds.map((at) => [at.threshold, at[rate]]),
      symbol: markers[index % markers.length],
      symbolSize: 5,
      showSymbol: false,
      itemStyle: { color: colorAt(colors, index) },
      lineStyle: { color: colorAt(colors, index), width: 1.75, type: index % 2 === 0 ? 'solid' : 'dashed' },
      ...(index === 0 && {
        markLine: {
          symbol: 'none',
          silent: true,
          label: { formatter: 'threshold', color: colors.reference },
          lineStyle: { color: colors.reference, type: [2, 3] },
          data: [{ xAxis: threshold }],
        },
      }),
    })),
  }
}

export const thresholdTable = (groups: GroupCurves[], rate: ThresholdRate): Table => ({
  columns: ['Group', 'Threshold', 'Rate'],
  rows: groups.flatMap(({ group, thresholds }) => thresholds.map((at) => [group, at.threshold, at[rate]])),
})

type Frontier = { tolerance: number; accuracy: number; gap: number }[]

/** Accuracy over the gap that is left; the tolerance that was chosen stands out. */
export function frontierOption(frontier: Frontier, chosen: number, colors: ChartColors): EChartsCoreOption {
  const nearest = frontier.reduce((best, at) =>
    Math.abs(at.tolerance - chosen) < Math.abs(best.tolerance - chosen) ? at : best,
  )
  const percents = { formatter: (value: number) => `${Math.round(value * 1000) / 10}` }
  return {
    grid: { left: 28, right: 24, top: 16, bottom: 28, containLabel: true },
    tooltip: {
      trigger: 'item',
      formatter: ({ data }: { data: number[] }) =>
        `gap allowed ${data[2]!.toFixed(2)}<br>gap left ${formatPercent(data[0], 1)}, accuracy ${formatPercent(data[1], 1)}`,
    },
    xAxis: {
      type: 'value',
      scale: true,
      min: 0,
      name: 'Gap left, %',
      nameLocation: 'middle',
      nameGap: 26,
      axisLabel: percents,
    },
    yAxis: {
      type: 'value',
      scale: true,
      name: 'Accuracy, %',
      nameLocation: 'middle',
      nameGap: 40,
      axisLabel: percents,
    },
    series: [
      {
        type: 'line',
        name: 'frontier',
        data: frontier.map(({ tolerance, accuracy, gap }) => [gap, accuracy, tolerance]),
        symbol: 'circle',
        symbolSize: (point: number[]) => (point[2] === nearest.tolerance ? 14 : 6),
        itemStyle: { color: colorAt(colors, 0) },
        lineStyle: { color: colorAt(colors, 0), width: 1.5 },
      },
    ],
  }
}

export const frontierTable = (frontier: Frontier): Table => ({
  columns: ['Gap allowed', 'Gap left', 'Accuracy'],
  rows: frontier.map(({ tolerance, gap, accuracy }) => [tolerance, gap, accuracy]),
})
