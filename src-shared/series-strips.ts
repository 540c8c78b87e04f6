import { heatAlpha, heatColor } from './colormap'
import { channelColor, curvePath, rangeOf, type Curves } from './curves'

export interface Strip {
  channel: number
  top: number
  height: number
  color: string
  /** `d` of the curve. */
  path: string
  min: number
  max: number
  /** Shading behind the curve: how much each step speaks for the class, or against it. */
  shades: { x: number; width: number; fill: string; opacity: number }[]
}

export interface StripLayout {
  width: number
  /** Of all strips together. */
  height: number
  gap: number
}

/** Strips that can still be told apart; further channels are left out, those of the largest attributions stay. */
export const mostStrips = 12
/** Shades beyond this many are joined. */
const mostShades = 240

/**
 * A series as one strip per channel, each on a scale of its own, shaded by its attributions [steps, channels]. `scale` is the
 * attribution that gets the strongest colour; channels come in order.
 */
export function seriesStrips(
  curves: Curves,
  attribution: ArrayLike<number>,
  isSigned: boolean,
  opacity: number,
  { width, height, gap }: StripLayout,
): { strips: Strip[]; scale: number; left: number } {
  const shown = loudest(curves, attribution)
  let scale = 0
  for (let i = 0; i < curves.steps * curves.channels; i++) scale = Math.max(scale, Math.abs(attribution[i]!))
  const stripHeight = (height - gap * (shown.length - 1)) / shown.length
  const strips = shown.map((channel, at): Strip => {
    const top = at * (stripHeight + gap)
    const range = rangeOf(curves, [channel])
    const box = { left: 0, top: top + 3, width, height: stripHeight - 6 }
    return {
      channel,
      top,
      height: stripHeight,
      color: channelColor(channel),
      path: curvePath(curves, channel, range, box),
      ...range,
      shades: shadesOf(curves, channel, attribution, scale, isSigned, opacity, width),
    }
  })
  return { strips, scale, left: curves.channels - shown.length }
}

/** The channels whose attributions are largest together, in their order. */
function loudest({ steps, channels }: Curves, attribution: ArrayLike<number>): number[] {
  const all = [...Array(channels).keys()]
  if (channels <= mostStrips) return all
  const sizes = all.map((channel) => {
    let sum = 0
    for (let step = 0; step < steps; step++) sum += Math.abs(attribution[step * channels + channel]!)
    return sum
  })
  return all
    .sort((a, b) => sizes[b]! - sizes[a]!)
    .slice(0, mostStrips)
    .sort((a, b) => a - b)
}

function shadesOf(
  { steps, channels }: Curves,
  channel: number,
  attribution: ArrayLike<number>,
  scale: number,
  isSigned: boolean,
  opacity: number,
  width: number,
): Strip['shades'] {
  if (scale === 0) return []
  const joined = Math.ceil(steps / mostShades)
  const spacing = width / Math.max(1, steps - 1)
  const shades: Strip['shades'] = []
  for (let step = 0; step < steps; step += joined) {
    const end = Math.min(steps, step + joined)
    let value = 0
    for (let at = step; at < end; at++) {
      const next = attribution[at * channels + channel]!
      if (Math.abs(next) > Math.abs(value)) value = next
    }
    const share = value / scale
    const alpha = heatAlpha(share, opacity)
    if (alpha < 0.02) continue
    const x = Math.max(0, (step - 0.5) * spacing)
    const right = Math.min(width, (end - 0.5) * spacing)
    shades.push({
      x: round(x),
      width: round(Math.max(0.5, right - x)),
      fill: `rgb(${heatColor(isSigned ? share : Math.abs(share), isSigned).join(' ')})`,
      opacity: round(alpha),
    })
  }
  return shades
}

const round = (value: number) => Math.round(value * 100) / 100
