import { channelColor, curveLines, rangeOf } from '@shared/curves'
import { readPlace } from '../../ml/decode/series/pack'
import { colorOf, Drawing } from '../drawing'
import type { JobHandler } from '../protocol'

const mostChannels = 16

/** Draws a series as curves; channels share one scale. */
const drawSeries: JobHandler<'draw-series'> = async ({ series, size, out }) => {
  const values = await readPlace(series)
  const curves = { steps: series.steps, channels: series.channels, values }
  const drawing = new Drawing(size)
  const { side } = drawing
  const shown = [...Array(series.channels).keys()].slice(0, mostChannels)
  const range = rangeOf(curves, shown)
  const margin = Math.max(2, side / 24)
  const box = { left: margin, top: margin, width: side - 2 * margin, height: side - 2 * margin }
  const radius = Math.max(1, side / (shown.length > 3 ? 180 : 120))
  for (const channel of shown)
    for (const line of curveLines(curves, channel, range, box))
      drawing.line(line, radius, colorOf(channelColor(channel)))
  return drawing.save(out)
}

export default drawSeries
