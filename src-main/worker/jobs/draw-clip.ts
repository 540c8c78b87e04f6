import { readFile, writeFile } from 'node:fs/promises'
import sharp from 'sharp'
import { clipEncoding, spectrogramOf } from '../../ml/encode/clips'
import { decodeSound } from '../../ml/audio/decode'
import { heatColor } from '@shared/colormap'
import type { JobHandler } from '../protocol'

const bands = 64

/** Draws a clip's spectrogram, high sounds above and loud ones bright, into a square: clips of any length fill it. */
const drawClip: JobHandler<'draw-clip'> = async ({ path, size, out }) => {
  const { samples, sampleRate } = await decodeSound(await readFile(path))
  const seconds = samples.length / sampleRate
  const encoding = clipEncoding(sampleRate, 30, { clipSeconds: seconds, melBands: bands })
  const { width, height } = encoding
  const brightness = spectrogramOf(samples, encoding)
  const pixels = Buffer.alloc(width * height * 3)
  brightness.forEach((value, at) => pixels.set(heatColor(value / 255, false), at * 3))
  const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(size, size, { fit: 'fill', kernel: 'cubic' })
    .webp({ quality: 82 })
    .toBuffer()
  await writeFile(out, bytes)
  return { sizeBytes: bytes.length }
}

export default drawClip
