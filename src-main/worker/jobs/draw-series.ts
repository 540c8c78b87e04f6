import { writeFile } from 'node:fs/promises'
import sharp from 'sharp'
import { curvesSvg } from '@shared/curves'
import { readPlace } from '../../ml/decode/series/pack'
import type { JobHandler } from '../protocol'

/** Draws a series as curves on nothing, so that it can stand on a light and on a dark ground. */
const drawSeries: JobHandler<'draw-series'> = async ({ series, size, out }) => {
  const { steps, channels } = series
  const values = await readPlace(series)
  const bytes = await sharp(Buffer.from(curvesSvg({ steps, channels, values }, size, size)))
    .webp({ quality: 90 })
    .toBuffer()
  await writeFile(out, bytes)
  return { sizeBytes: bytes.length }
}

export default drawSeries
