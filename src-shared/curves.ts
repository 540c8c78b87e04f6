/** Colours of a series' channels, in their order: told apart on white and on near-black. */
export const channelColors = ['#0d9488', '#d97706', '#7c6cf0', '#e0457b', '#4b8f29', '#2f8fd8', '#b0793a', '#8a8f98']

export const channelColor = (channel: number) => channelColors[channel % channelColors.length]!

export interface CurveBox {
  left: number
  top: number
  width: number
  height: number
}

/** [steps, channels] row-major; NaN is missing. */
export interface Curves {
  steps: number
  channels: number
  values: ArrayLike<number>
}

/** Least and greatest finite value of the channels given; a flat line gets room above and below. */
export function rangeOf({ steps, channels, values }: Curves, of: number[]): { min: number; max: number } {
  let [min, max] = [Infinity, -Infinity]
  for (let step = 0; step < steps; step++)
    for (const channel of of) {
      const value = values[step * channels + channel]!
      if (!Number.isFinite(value)) continue
      if (value < min) min = value
      if (value > max) max = value
    }
  if (min > max) return { min: -1, max: 1 }
  return min === max ? { min: min - 1, max: max + 1 } : { min, max }
}

/**
 * The `d` of an SVG path that draws one channel over the steps from `from` to `to` into a box. Gaps stay gaps. Where more
 * steps than pixels are to be drawn, each pixel column shows its least and its greatest value, so that no peak is lost.
 */
export function curvePath(
  { steps, channels, values }: Curves,
  channel: number,
  { min, max }: { min: number; max: number },
  { left, top, width, height }: CurveBox,
  from = 0,
  to = steps - 1,
): string {
  const first = Math.max(0, Math.floor(from))
  const last = Math.min(steps - 1, Math.ceil(to))
  const span = Math.max(1e-9, to - from)
  const x = (step: number) => rounded(left + ((step - from) / span) * width)
  const y = (value: number) => rounded(top + height - ((value - min) / (max - min)) * height)
  const bucket = Math.max(1, Math.floor((last - first + 1) / (2 * Math.max(1, width))))
  const points: string[] = []
  let isOpen = false
  for (let step = first; step <= last; step += bucket) {
    const extremes = extremesOf(values, channels, channel, step, Math.min(last, step + bucket - 1))
    if (!extremes) {
      isOpen = false
      continue
    }
    for (const at of extremes) {
      points.push(`${isOpen ? 'L' : 'M'}${x(at)} ${y(values[at * channels + channel]!)}`)
      isOpen = true
    }
  }
  // A single point is drawn as a dot.
  if (points.length === 1) points.push(points[0]!.replace('M', 'L'))
  return points.join('')
}

/** Steps of the least and the greatest value in their order; one step where they are the same; null where all is missing. */
function extremesOf(
  values: ArrayLike<number>,
  channels: number,
  channel: number,
  first: number,
  last: number,
): number[] | null {
  let [low, high] = [-1, -1]
  for (let step = first; step <= last; step++) {
    const value = values[step * channels + channel]!
    if (!Number.isFinite(value)) continue
    if (low < 0 || value < values[low * channels + channel]!) low = step
    if (high < 0 || value > values[high * channels + channel]!) high = step
  }
  if (low < 0) return null
  return low === high ? [low] : [Math.min(low, high), Math.max(low, high)]
}

const rounded = (value: number) => Math.round(value * 100) / 100

/** A whole series as a small SVG without axes: channels share one scale. */
export function curvesSvg(curves: Curves, width: number, height: number): string {
  const shown = [...Array(curves.channels).keys()].slice(0, 16)
  const range = rangeOf(curves, shown)
  const margin = Math.max(2, width / 24)
  const box = { left: margin, top: margin, width: width - 2 * margin, height: height - 2 * margin }
  const stroke = Math.max(1, width / (shown.length > 3 ? 90 : 60))
  const paths = shown.map(
    (channel) =>
      `<path d="${curvePath(curves, channel, range, box)}" fill="none" stroke="${channelColor(channel)}" stroke-width="${stroke}" stroke-linejoin="round" stroke-linecap="round"/>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${paths.join('')}</svg>`
}
