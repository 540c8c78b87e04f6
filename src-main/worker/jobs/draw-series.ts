import { writeFile } from 'node:fs/promises'
import sharp from 'sharp'
import { channelColor, curveLines, rangeOf } from '@shared/curves'
import { readPlace } from '../../ml/decode/series/pack'
import type { JobHandler } from '../protocol'

/** Drawn this much larger and made smaller again, which smooths the edges. */
const scale = 2
const mostChannels = 16

/**
 * Draws a series as curves on nothing, so that it can stand on a light and on a dark ground; channels share one scale. Pixel
 * by pixel: this process lets its picture library read no drawings.
 */
const drawSeries: JobHandler<'draw-series'> = async ({ series, size, out }) => {
  const values = await readPlace(series)
  const curves = { steps: series.steps, channels: series.channels, values }
  const side = size * scale
  const pixels = Buffer.alloc(side * side * 4)
  const shown = [...Array(series.channels).keys()].slice(0, mostChannels)
  const range = rangeOf(curves, shown)
  const margin = Math.max(2, side / 24)
  const box = { left: margin, top: margin, width: side - 2 * margin, height: side - 2 * margin }
  const radius = Math.max(1, side / (shown.length > 3 ? 180 : 120))
  for (const channel of shown) {
    const color = Buffer.from(channelColor(channel).slice(1), 'hex')
    for (const line of curveLines(curves, channel, range, box)) drawLine(pixels, side, line, radius, color)
  }
  const bytes = await sharp(pixels, { raw: { width: side, height: side, channels: 4 } })
    .resize(size, size)
    .webp({ quality: 90 })
    .toBuffer()
  await writeFile(out, bytes)
  return { sizeBytes: bytes.length }
}

/** Sets discs along the line, half a pixel apart. */
function drawLine(pixels: Buffer, side: number, line: number[], radius: number, color: Buffer): void {
  for (let i = 0; i < line.length; i += 2) {
    const [x, y] = [line[i]!, line[i + 1]!]
    const [fromX, fromY] = i === 0 ? [x, y] : [line[i - 2]!, line[i - 1]!]
    const count = Math.max(1, Math.ceil(Math.hypot(x - fromX, y - fromY) * 2))
    for (let k = 0; k <= count; k++)
      drawDisc(pixels, side, fromX + ((x - fromX) * k) / count, fromY + ((y - fromY) * k) / count, radius, color)
  }
}

function drawDisc(pixels: Buffer, side: number, x: number, y: number, radius: number, color: Buffer): void {
  for (let row = Math.max(0, Math.ceil(y - radius)); row <= Math.min(side - 1, y + radius); row++)
    for (let column = Math.max(0, Math.ceil(x - radius)); column <= Math.min(side - 1, x + radius); column++) {
      if ((row - y) ** 2 + (column - x) ** 2 > radius * radius) continue
      const at = (row * side + column) * 4
      color.copy(pixels, at)
      pixels[at + 3] = 255
    }
}

export default drawSeries
