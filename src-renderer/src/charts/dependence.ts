import type { Dependence, DependenceCurve } from '@shared/schemas/insight'
import type { EChartsCoreOption } from 'echarts/core'
import { formatCount, formatNumber, formatPercent, formatValue } from '../format'
import type { ChartTable } from './BaseChart.vue'
import type { ChartColors } from './theme'

export type DependenceView = 'accumulated' | 'partial' | 'individual'

interface Api {
  value(dimension: number): number
  coord(point: (number | string)[]): [number, number]
}
interface Box {
  coordSys: { x: number; y: number; width: number; height: number }
}

const axisName = { nameLocation: 'middle', nameGap: 26 }
const percents = { formatter: (value: number) => `${Math.round(value * 1000) / 10}` }
const signed = (value: number) => `${value > 0 ? '+' : ''}${formatNumber(value * 100, 3)} points`

/** The curve that a view draws; single rows are drawn with their mean. */
export const curveOf = (found: Dependence, view: DependenceView): DependenceCurve =>
  view === 'accumulated' ? (found.accumulated ?? found.partial) : found.partial

/** A line over numbers or dates with its interval and the data's values along the axis; dots with whiskers over categories. */
export function dependenceOption(found: Dependence, view: DependenceView, colors: ChartColors): EChartsCoreOption {
  const curve = curveOf(found, view)
  const isAdded = view === 'accumulated'
  const shown = (value: number) => (isAdded ? signed(value) : formatPercent(value, 1))
  const isCategory = found.kind === 'category'
  return {
    grid: { left: 28, right: 20, top: 16, bottom: isCategory ? 4 : 28, containLabel: true },
    tooltip: {
      trigger: 'item',
      formatter: ({ dataIndex: k }: { dataIndex: number }) =>
        `${formatValue(curve.at[k])}: ${shown(curve.values[k]!)}<br>from ${shown(curve.low[k]!)} to ${shown(curve.high[k]!)}` +
        (isCategory ? `<br>${formatCount(found.counts[k])} training rows` : ''),
    },
    xAxis: isCategory
      ? {
          type: 'category',
          data: curve.at.map(formatValue),
          axisLabel: { interval: 0, width: 110, overflow: 'truncate' },
        }
      : {
          type: found.kind === 'date' ? 'time' : 'value',
          scale: true,
          min: 'dataMin',
          max: 'dataMax',
          name: found.field,
          axisLabel: { showMaxLabel: false },
          ...axisName,
        },
    yAxis: {
      type: 'value',
      scale: true,
      name: isAdded ? `Change in the probability of ${found.target}, points` : `Probability of ${found.target}, %`,
      ...axisName,
      nameGap: 40,
      axisLabel: percents,
    },
    series: isCategory
      ? categorySeries(curve, found, view, colors)
      : [
          bandSeries(curve, colors),
          reachSeries(curve),
          ...(view === 'individual' ? singleRows(found, colors) : []),
          lineSeries(curve, colors),
          rugSeries(found, colors),
        ],
  }
}

const pointsOf = ({ at, values }: DependenceCurve) => at.map((x, k) => [x, values[k]!])

const lineSeries = (curve: DependenceCurve, colors: ChartColors) => ({
  type: 'line',
  name: 'mean',
  data: pointsOf(curve),
  symbol: 'circle',
  symbolSize: 5,
  z: 4,
  itemStyle: { color: colors.series[0] },
  lineStyle: { color: colors.series[0], width: 2 },
})

const singleRows = ({ individual, partial }: Dependence, colors: ChartColors) =>
  individual.map((values) => ({
    type: 'line',
    silent: true,
    showSymbol: false,
    tooltip: { show: false },
    data: partial.at.map((x, k) => [x, values[k]!]),
    lineStyle: { color: colors.reference, width: 1, opacity: 0.35 },
  }))

/** The interval as one filled outline. */
const bandSeries = ({ at, low, high }: DependenceCurve, colors: ChartColors) => ({
  type: 'custom',
  silent: true,
  tooltip: { show: false },
  data: [0],
  encode: { x: [], y: [] },
  renderItem: (_: Box, api: Api) => ({
    type: 'polygon',
    shape: {
      points: [
        ...at.map((x, k) => api.coord([x as number, high[k]!])),
        ...at.map((x, k) => api.coord([x as number, low[k]!])).reverse(),
      ],
    },
    style: { fill: colors.series[0], opacity: 0.15 },
  }),
})

/** Nothing to see: makes the axes take the whole band in. */
const reachSeries = ({ at, low, high }: DependenceCurve) => ({
  type: 'scatter',
  silent: true,
  symbolSize: 0,
  tooltip: { show: false },
  data: [...low, ...high].map((value, k) => [at[k % at.length], value]),
})

/** A tick for each value in the data, on the axis below: where the curve stands on much and where on little. */
const rugSeries = ({ rug }: Dependence, colors: ChartColors) => ({
  type: 'custom',
  silent: true,
  tooltip: { show: false },
  clip: true,
  data: rug.map((x) => [x]),
  encode: { x: 0, y: [] },
  renderItem: ({ coordSys }: Box, api: Api) => {
    const [x] = api.coord([api.value(0), 0])
    const bottom = coordSys.y + coordSys.height
    return {
      type: 'line',
      shape: { x1: x, x2: x, y1: bottom - 7, y2: bottom },
      style: { stroke: colors.reference, lineWidth: 1, opacity: 0.5 },
    }
  },
})

function categorySeries(curve: DependenceCurve, { individual }: Dependence, view: DependenceView, colors: ChartColors) {
  const rows =
    view === 'individual'
      ? [
          {
            type: 'scatter',
            silent: true,
            tooltip: { show: false },
            symbolSize: 4,
            data: individual.flatMap((values) => values.map((value, k) => [k, value])),
            itemStyle: { color: colors.reference, opacity: 0.35 },
          },
        ]
      : []
  return [
    ...rows,
    {
      type: 'custom',
      silent: true,
      tooltip: { show: false },
      data: curve.low.map((low, k) => [k, low, curve.high[k]!]),
      encode: { x: 0, y: [1, 2] },
      renderItem: (_: Box, api: Api) => {
        const [[x, y1], [, y2]] = [api.coord([api.value(0), api.value(1)]), api.coord([api.value(0), api.value(2)])]
        return { type: 'line', shape: { x1: x, x2: x, y1, y2 }, style: { stroke: colors.series[0], lineWidth: 2 } }
      },
    },
    { type: 'scatter', data: curve.values, symbolSize: 9, z: 4, itemStyle: { color: colors.series[0] } },
  ]
}

export function dependenceTable(found: Dependence, view: DependenceView): ChartTable {
  const { at, values, low, high } = curveOf(found, view)
  const name = view === 'accumulated' ? 'Accumulated local effect' : `Probability of ${found.target}`
  const counts = found.kind === 'category' ? ['Training rows'] : []
  return {
    columns: [found.field, name, 'From', 'To', ...counts],
    rows: at.map((value, k) => [
      formatValue(value),
      values[k]!,
      low[k]!,
      high[k]!,
      ...(found.kind === 'category' ? [found.counts[k]!] : []),
    ]),
  }
}
