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
 * The lines that draw one channel over the steps from `from` to `to` into a box, each [x, y, x, y …]. Gaps stay gaps. Where
 * more steps than pixels are to be drawn, each pixel column shows its least and its greatest value, so that no peak is lost.
 */
export function curveLines(
  { steps, channels, values }: Curves,
  channel: number,
  { min, max }: { min: number; max: number },
  { left, top, width, height }: CurveBox,
  from = 0,
  to = steps - 1,
): number[][] {
  const first = Math.max(0, Math.floor(from))
  const last = Math.min(steps - 1, Math.ceil(to))
  const span = Math.max(1e-9, to - from)
  const bucket = Math.max(1, Math.floor((last - first + 1) / (2 * Math.max(1, width))))
  const lines: number[][] = []
  let line: number[] | null = null
  for (let step = first; step <= last; step += bucket) {
    const extremes = extremesOf(values, channels, channel, step, Math.min(last, step + bucket - 1))
    if (!extremes) line = null
    for (const at of extremes ?? []) {
      if (!line) lines.push((line = []))
      const share = (values[at * channels + channel]! - min) / (max - min)
      line.push(left + ((at - from) / span) * width, top + height - share * height)
    }
  }
  return lines
}

/** The same as the `d` of an SVG path; a single point is drawn as a dot. */
export const curvePath = (...curve: Parameters<typeof curveLines>): string =>
  curveLines(...curve)
    .map((line) => {
      const points = line.length === 2 ? [...line, ...line] : line
      return points.map((value, i) => `${i % 2 ? ' ' : i ? 'L' : 'M'}${Math.round(value * 100) / 100}`).join('')
    })
    .join('')

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
