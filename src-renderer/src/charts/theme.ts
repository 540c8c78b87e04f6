/** Colours of charts, the same as the classes' (assets/main.css), since a canvas cannot read CSS variables. */
const lightSeries = [
  '#0f766e',
  '#c2410c',
  '#2563eb',
  '#a16207',
  '#7c3aed',
  '#be123c',
  '#4d7c0f',
  '#0e7490',
  '#c026d3',
  '#57534e',
  '#1e3a8a',
  '#9f1239',
]
const darkSeries = [
  '#2dd4bf',
  '#fb923c',
  '#60a5fa',
  '#facc15',
  '#a78bfa',
  '#fb7185',
  '#a3e635',
  '#22d3ee',
  '#e879f9',
  '#a8a29e',
  '#93c5fd',
  '#fda4af',
]

export interface ChartColors {
  series: string[]
  text: string
  muted: string
  grid: string
  surface: string
  /** A neutral line to compare with: baseline, diagonal, threshold. */
  reference: string
}

export const chartColors = (isDark: boolean): ChartColors =>
  isDark
    ? {
        series: darkSeries,
        text: '#e2e8f0',
        muted: '#94a3b8',
        grid: '#1e293b',
        surface: '#0f172a',
        reference: '#64748b',
      }
    : {
        series: lightSeries,
        text: '#1e293b',
        muted: '#475569',
        grid: '#e2e8f0',
        surface: '#ffffff',
        reference: '#64748b',
      }

/** The echarts theme that BaseChart applies: quiet axes, no frame, figures that line up. */
export function chartTheme(isDark: boolean) {
  const { series, text, muted, grid, surface } = chartColors(isDark)
  const axis = {
    axisLine: { lineStyle: { color: grid } },
    axisTick: { show: false },
    axisLabel: { color: muted, fontSize: 11 },
    nameTextStyle: { color: muted, fontSize: 11 },
    splitLine: { lineStyle: { color: grid } },
  }
  return {
    color: series,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: '"Inter Variable", system-ui, sans-serif', color: text },
    categoryAxis: { ...axis, splitLine: { show: false } },
    valueAxis: { ...axis, axisLine: { show: false } },
    logAxis: axis,
    timeAxis: axis,
    legend: { textStyle: { color: muted, fontSize: 12 }, icon: 'roundRect', itemWidth: 12, itemHeight: 3 },
    tooltip: {
      backgroundColor: surface,
      borderColor: grid,
      textStyle: { color: text, fontSize: 12 },
      extraCssText: 'border-radius:6px;box-shadow:0 4px 16px rgb(0 0 0 / .12)',
    },
    line: { symbol: 'circle', symbolSize: 5, lineStyle: { width: 1.75 } },
  }
}
