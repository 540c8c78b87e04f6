import type { EpochEnded } from '@shared/schemas/run'
import type { EChartsCoreOption } from 'echarts/core'
import { formatNumber, formatPercent } from '../format'
import { keepShape, smooth, type CurvePoint } from './series'
import type { ChartColors } from './theme'

export type CurveMetric = 'loss' | 'accuracy' | 'mae'
export type CurveSplit = 'train' | 'validation'

export interface CurveRun {
  runId: string
  name: string
  history: EpochEnded[]
  bestEpoch?: number | null
  /** The weights of the best epoch were kept; else it only marks the lowest validation loss. */
  isBestKept?: boolean
  /** Loss within the epochs, drawn faintly behind the loss curve of train. */
  steps?: CurvePoint[]
  /** Position of its colour when several runs share the chart. */
  color?: number
}

export interface CurvesInput {
  metric: CurveMetric
  runs: CurveRun[]
  splits?: CurveSplit[]
  colors: ChartColors
  /** 0 (as measured) to below 1. */
  smoothing?: number
  /** Accuracy of always answering the largest class; mean absolute error of always answering the median. */
  baseline?: number | null
  /** Leave the baseline off the scale when it lies far from the curves. */
  isCloseUp?: boolean
  isLog?: boolean
  /** Epochs planned, so that the axis does not jump with each new one. */
  epochs?: number
}

/** More points than pixels help nobody. */
const drawnPoints = 2000
const splitNames: Record<CurveSplit, string> = { train: 'train', validation: 'validation' }

export const valuesOf = (history: EpochEnded[], split: CurveSplit, metric: CurveMetric): CurvePoint[] =>
  history.map((epoch) => ({ x: epoch.epoch, y: epoch[split]?.[metric] ?? null }))

export const writeMetric = (metric: CurveMetric, value: number | null): string =>
  metric === 'accuracy' ? formatPercent(value, 2) : formatNumber(value, 4)

/** The epoch that the engine kept, else the one of the lowest validation loss; null without a validation split. */
export function bestEpochOf(kept: number | null, history: EpochEnded[]): number | null {
  if (kept !== null) return kept
  const losses = history.filter(({ validation }) => typeof validation?.loss === 'number')
  if (losses.length === 0) return null
  return losses.reduce((best, one) => (one.validation!.loss! < best.validation!.loss! ? one : best)).epoch
}

export const hasSplit = (history: EpochEnded[], split: CurveSplit): boolean =>
  history.some((epoch) => (epoch[split]?.loss ?? epoch[split]?.accuracy ?? null) !== null)

/** Colour of a curve: one run has a colour per split, several runs have a colour each. */
export function curveColor(input: Pick<CurvesInput, 'runs' | 'colors'>, run: CurveRun, split: CurveSplit): string {
  const { series } = input.colors
  if (input.runs.length > 1 || run.color !== undefined) return series[(run.color ?? 0) % series.length]!
  return split === 'validation' ? series[0]! : series[2]!
}

const data = (points: CurvePoint[]) => keepShape(points, drawnPoints).map(({ x, y }) => [x, y])

function seriesOf(input: CurvesInput, run: CurveRun, split: CurveSplit): object[] {
  const measured = valuesOf(run.history, split, input.metric)
  if (!measured.some(({ y }) => y !== null)) return []
  const weight = input.smoothing ?? 0
  const color = curveColor(input, run, split)
  const name = input.runs.length > 1 ? `${run.name}, ${splitNames[split]}` : splitNames[split]
  const smoothed = smooth(
    measured.map(({ y }) => y),
    weight,
  ).map((y, index) => ({ x: measured[index]!.x, y }))
  const isDashed = split === 'train'
  const line = {
    name,
    type: 'line',
    data: data(smoothed),
    itemStyle: { color },
    lineStyle: { color, width: isDashed ? 1.5 : 2, type: isDashed ? [5, 4] : 'solid' },
    showSymbol: measured.length < 3,
    emphasis: { focus: 'series' },
    markPoint: split === 'validation' ? bestMark(run, measured, smoothed, color, input) : undefined,
  }
  if (weight <= 0) return [line]
  // What was measured stays visible behind the smoothed line, with its lowest and highest values.
  const behind = { ...line, name: `${name}, as measured`, data: data(measured), markPoint: undefined, silent: true }
  return [{ ...behind, lineStyle: { color, width: 1, opacity: 0.28 }, tooltip: { show: false } }, line]
}

function bestMark(run: CurveRun, measured: CurvePoint[], drawn: CurvePoint[], color: string, input: CurvesInput) {
  const index = measured.findIndex(({ x }) => x === run.bestEpoch)
  const point = drawn[index]
  if (!point || point.y === null) return undefined
  return {
    symbol: 'circle',
    symbolSize: 9,
    silent: true,
    itemStyle: { color: input.colors.surface, borderColor: color, borderWidth: 2 },
    label: { show: false },
    data: [{ coord: [point.x, point.y] }],
  }
}

/** Loss of single batches, faint: it shows the way before the first epoch is over. */
function stepSeries({ metric, runs, colors }: CurvesInput): object[] {
  if (metric !== 'loss' || runs.length !== 1) return []
  const { steps = [] } = runs[0]!
  if (steps.length < 2) return []
  const color = colors.series[2]!
  return [
    {
      name: 'batches',
      type: 'line',
      data: data(steps),
      showSymbol: false,
      silent: true,
      z: 1,
      tooltip: { show: false },
      lineStyle: { color, width: 1, opacity: 0.3 },
      itemStyle: { color },
    },
  ]
}

const baselineNames = { accuracy: 'always the largest class', mae: 'always the median' }

function baselineSeries({ baseline, metric, colors }: CurvesInput): object[] {
  if (metric === 'loss' || baseline === null || baseline === undefined) return []
  const name = baselineNames[metric]
  return [
    {
      name,
      type: 'line',
      data: [],
      markLine: {
        silent: true,
        animation: false,
        symbol: 'none',
        lineStyle: { color: colors.reference, type: [2, 3], width: 1.5 },
        label: {
          position: 'insideEndTop',
          color: colors.muted,
          fontSize: 11,
          formatter: `${name} ${metric === 'accuracy' ? formatPercent(baseline) : formatNumber(baseline)}`,
        },
        data: [{ yAxis: baseline }],
      },
    },
  ]
}

const tickSteps = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25]
const mostTicks = 6

/** Ends and step of the accuracy axis: whole steps around the curves, and around the baseline unless it is a close-up. */
export function accuracyRange(input: CurvesInput): { min: number; max: number; interval: number } {
  const values = input.runs.flatMap((run) =>
    splitsOf(input).flatMap((split) => valuesOf(run.history, split, 'accuracy').map(({ y }) => y)),
  )
  const known = values.filter((value) => value !== null) as number[]
  if (!input.isCloseUp && typeof input.baseline === 'number') known.push(input.baseline)
  if (known.length === 0) return { min: 0, max: 1, interval: 0.25 }
  const low = Math.min(...known)
  const high = Math.max(...known)
  const ends = (step: number) => {
    // The hair's breadth keeps 0.7 / 0.1 = 6.999… from opening a step that nothing lies in.
    const min = Math.floor(low / step + 1e-9) * step
    const max = Math.max(min + step, Math.ceil(high / step - 1e-9) * step)
    return { min: Number(Math.max(0, min).toFixed(4)), max: Number(Math.min(1, max).toFixed(4)), interval: step }
  }
  return tickSteps.map(ends).find(({ min, max, interval }) => (max - min) / interval <= mostTicks) ?? ends(0.25)
}

const splitsOf = ({ splits = ['train', 'validation'] }: Pick<CurvesInput, 'splits'>): CurveSplit[] => splits

/** Whether the baseline would lie below everything the close-up shows. */
export const isBaselineOffScale = (input: CurvesInput): boolean =>
  typeof input.baseline === 'number' && input.baseline < accuracyRange({ ...input, isCloseUp: true }).min

/** Loss or accuracy by epoch of one or several runs. */
export function curvesOption(input: CurvesInput): EChartsCoreOption {
  const last = Math.max(1, input.epochs ?? 0, ...input.runs.map(({ history }) => history.at(-1)?.epoch ?? 0))
  const isAccuracy = input.metric === 'accuracy'
  const value = isAccuracy
    ? {
        type: 'value',
        ...accuracyRange(input),
        axisLabel: { formatter: (y: number) => `${Math.round(y * 1000) / 10} %` },
      }
    : {
        type: input.isLog && input.metric === 'loss' ? 'log' : 'value',
        scale: true,
        axisLabel: { formatter: axisNumber },
        // A line that marks the baseline does not stretch the axis by itself.
        ...(input.metric === 'mae' && { max: ({ max }: { max: number }) => Math.max(max, input.baseline ?? max) }),
      }
  return {
    grid: { left: 8, right: 20, top: 16, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'axis',
      confine: true,
      formatter: (points: TooltipPoint[]) => tooltip(points, input.metric),
    },
    xAxis: {
      type: 'value',
      min: stepSeries(input).length > 0 ? 0 : 1,
      max: Math.max(last, 2),
      minInterval: 1,
      splitLine: { show: false },
      axisLabel: { formatter: (x: number) => (Number.isInteger(x) ? String(x) : '') },
    },
    yAxis: value,
    series: [
      ...stepSeries(input),
      ...input.runs.flatMap((run) => splitsOf(input).flatMap((split) => seriesOf(input, run, split))),
      ...baselineSeries(input),
    ],
  }
}

const axisNumber = (y: number): string => formatNumber(y, 3)

interface TooltipPoint {
  seriesName: string
  marker: string
  value: [number, number | null]
}

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (letter) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[letter]!)

function tooltip(points: TooltipPoint[], metric: CurveMetric): string {
  const shown = points.filter(({ seriesName }) => seriesName !== 'batches' && !seriesName.endsWith(', as measured'))
  if (shown.length === 0) return ''
  const lines = shown.map(
    ({ marker, seriesName, value }) =>
      `<div style="display:flex;justify-content:space-between;gap:16px"><span>${marker}${escape(seriesName)}</span><b style="font-variant-numeric:tabular-nums">${writeMetric(metric, value[1])}</b></div>`,
  )
  return `<div style="margin-bottom:2px">Epoch ${shown[0]!.value[0]}</div>${lines.join('')}`
}

/** The same figures as a table: one row per epoch, one column per run and split, as measured. */
export function curvesTable(input: CurvesInput): { columns: string[]; rows: (string | number | null)[][] } {
  const curves = input.runs.flatMap((run) =>
    splitsOf(input).map((split) => ({
      title: input.runs.length > 1 ? `${run.name}, ${splitNames[split]}` : splitNames[split],
      byEpoch: new Map(valuesOf(run.history, split, input.metric).map(({ x, y }) => [x, y])),
    })),
  )
  const epochs = [...new Set(curves.flatMap(({ byEpoch }) => [...byEpoch.keys()]))].sort((a, b) => a - b)
  return {
    columns: ['Epoch', ...curves.map(({ title }) => title)],
    rows: epochs.map((epoch) => [epoch, ...curves.map(({ byEpoch }) => byEpoch.get(epoch) ?? null)]),
  }
}
