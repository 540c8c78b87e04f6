import type { EChartsCoreOption } from 'echarts/core'
import type { Params } from '@shared/schemas/run'
import type { Sweep, SweepConfig } from '@shared/schemas/sweep'
import { formatNumber, formatPercent } from '../format'
import type { ChartTable } from './BaseChart.vue'
import { chartColors } from './theme'

interface Axis {
  dim: number
  name: string
  type: 'value' | 'log' | 'category'
  data?: string[]
  min?: number
  max?: number
}

/** One vertical axis per varied setting, the score last. */
function axesOf({ spec }: Sweep, titles: Record<string, string>): Axis[] {
  const settings = Object.entries(spec.space).map(([key, dimension], dim): Axis => {
    const name = titles[key] ?? key
    if (dimension.kind === 'choice') return { dim, name, type: 'category', data: dimension.values.map(String) }
    return { dim, name, type: dimension.scale === 'log' ? 'log' : 'value', min: dimension.low, max: dimension.high }
  })
  return [...settings, { dim: settings.length, name: `Validation ${spec.objective}`, type: 'value' }]
}

const scored = (sweep: Sweep) => sweep.configs.filter(({ score }) => score !== null)

/** From quiet grey for the worst to the first series colour for the best. */
function colorAt(share: number, isDark: boolean): string {
  const { series, reference } = chartColors(isDark)
  const [from, to] = [reference, series[0]!].map((hex) =>
    [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)),
  )
  const mixed = from!.map((value, channel) => Math.round(value + (to![channel]! - value) * share))
  return `rgb(${mixed.join(' ')} / ${(0.35 + 0.65 * share).toFixed(2)})`
}

/** Each configuration as a line through its settings to its score, the better the stronger; dashed what fell behind. */
export function parallelOption(sweep: Sweep, titles: Record<string, string>, isDark: boolean): EChartsCoreOption {
  const { muted, grid, text, reference } = chartColors(isDark)
  const configs = scored(sweep)
  const axes = axesOf(sweep, titles)
  const keys = Object.keys(sweep.spec.space)
  const isShare = sweep.spec.objective === 'accuracy'
  const place = (params: Params, score: number | null) => ({
    // A category axis takes a number for the place of a category, not for its name.
    value: [...keys.map((key, at) => (axes[at]!.type === 'category' ? String(params[key]) : params[key])), score],
    name: keys.map((key) => `${titles[key] ?? key} ${String(params[key])}`).join(', '),
  })
  const line = ({ params, score }: SweepConfig, rank: number) => ({
    ...place(params, score),
    lineStyle: {
      color: colorAt(configs.length < 2 ? 1 : 1 - rank / (configs.length - 1), isDark),
      opacity: 1,
      width: rank === 0 ? 3.5 : 1.5,
    },
  })
  const pruned = sweep.trials
    .filter(({ state, score }) => state === 'pruned' && score !== null)
    .map(({ params, score }) => ({
      ...place(params, score),
      lineStyle: { color: reference, opacity: 0.4, width: 1, type: 'dashed' },
    }))
  return {
    parallel: { left: 48, right: 72, top: 34, bottom: 24 },
    parallelAxis: axes.map((axis) => ({
      ...axis,
      ...(axis.type === 'value' && { scale: true }),
      nameTextStyle: { color: text, fontSize: 12 },
      nameGap: 16,
      axisLine: { lineStyle: { color: grid, width: 1.5 } },
      axisTick: { show: false },
      axisLabel: {
        color: muted,
        fontSize: 11,
        ...(axis.dim === keys.length && isShare && { formatter: (value: number) => formatPercent(value) }),
        ...(axis.type === 'log' && { formatter: (value: number) => String(Number(value.toPrecision(2))) }),
      },
    })),
    tooltip: { trigger: 'item', formatter: ({ name }: { name: string }) => name },
    // Best last, so that it lies on top.
    series: [{ type: 'parallel', smooth: 0.15, data: [...pruned, ...configs.map(line).reverse()] }],
  }
}

const plotted = (value: unknown) => (typeof value === 'number' ? value : String(value))

export function parallelTable(sweep: Sweep, titles: Record<string, string>): ChartTable {
  const keys = Object.keys(sweep.spec.space)
  return {
    columns: [...keys.map((key) => titles[key] ?? key), `Validation ${sweep.spec.objective}`],
    rows: scored(sweep).map(({ params, score }) => [
      ...keys.map((key) => plotted(params[key])),
      sweep.spec.objective === 'accuracy' ? formatPercent(score) : formatNumber(score),
    ]),
  }
}
