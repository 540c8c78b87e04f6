import sharp from 'sharp'
import { limitPixels, prepareDecoder } from '../decode/picture'

/** What near-duplicates, blank and blurred pictures are found by. */
export interface Look {
  /** 16x16 grey values less their mean, of length 1; null when the picture is of one tone. [256] */
  descriptor: Float32Array | null
  /** Mean red less green, and blue less green, 0-255. */
  tint: [number, number]
  /** Standard deviation of the grey values, 0-255. */
  deviation: number
  /** Variance of the Laplacian (Pech-Pacheco et al. 2000) at no more than 256 pixels a side; null below 48 pixels. */
  sharpness: number | null
}

export const descriptorSide = 16
const longestSide = 256
const smallestSide = 48

/** Looks at one picture; throws what the decoder throws. */
export async function lookAt(path: string): Promise<Look> {
  prepareDecoder()
  const options = { limitInputPixels: limitPixels, failOn: 'error', autoOrient: true } as const
  const { data, info } = await sharp(path, options)
    .flatten({ background: '#fff' })
    .toColourspace('srgb')
    .resize(longestSide, longestSide, { fit: 'inside', withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  const grey = new Float32Array(width * height)
  const sums = [0, 0, 0]
  for (let at = 0; at < grey.length; at++) {
    const [r, g, b] =
      channels < 3
        ? [data[at * channels]!, data[at * channels]!, data[at * channels]!]
        : [data[at * channels]!, data[at * channels + 1]!, data[at * channels + 2]!]
    sums[0]! += r
    sums[1]! += g
    sums[2]! += b
    grey[at] = 0.299 * r + 0.587 * g + 0.114 * b
  }
  const [red, green, blue] = sums.map((sum) => sum / grey.length) as [number, number, number]
  return {
    descriptor: descriptorOf(grey, width, height),
    tint: [red - green, blue - green],
    deviation: Math.sqrt(variance(grey)),
    sharpness: Math.min(width, height) < smallestSide ? null : variance(laplacian(grey, width, height)),
  }
}

function variance(values: Float32Array): number {
  let sum = 0
  let squares = 0
  for (const value of values) {
    sum += value
    squares += value * value
  }
  const mean = sum / values.length
  return Math.max(0, squares / values.length - mean * mean)
}

function laplacian(grey: Float32Array, width: number, height: number): Float32Array {
  const out = new Float32Array((width - 2) * (height - 2))
  let to = 0
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x
      out[to++] = grey[at - 1]! + grey[at + 1]! + grey[at - width]! + grey[at + width]! - 4 * grey[at]!
    }
  return out
}

/** Means over a 16x16 grid, so that size, compression and brightness do not matter. */
function descriptorOf(grey: Float32Array, width: number, height: number): Float32Array | null {
  const side = descriptorSide
  const cells = new Float32Array(side * side)
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++)
      cells[row * side + column] = areaMean(grey, width, [
        (column * width) / side,
        ((column + 1) * width) / side,
        (row * height) / side,
        ((row + 1) * height) / side,
      ])
  const mean = cells.reduce((sum, cell) => sum + cell, 0) / cells.length
  let length = 0
  for (let at = 0; at < cells.length; at++) {
    cells[at]! -= mean
    length += cells[at]! ** 2
  }
  length = Math.sqrt(length)
  // Less than one grey level of contrast is noise, which looks like anything.
  if (length < side) return null
  return cells.map((cell) => cell / length)
}

/** Mean over a rectangle whose borders may lie within pixels: those count by their share. */
function areaMean(grey: Float32Array, width: number, [x0, x1, y0, y1]: [number, number, number, number]): number {
  let sum = 0
  let area = 0
  for (let y = Math.floor(y0); y < Math.ceil(y1); y++) {
    const high = Math.min(y + 1, y1) - Math.max(y, y0)
    for (let x = Math.floor(x0); x < Math.ceil(x1); x++) {
      const share = high * (Math.min(x + 1, x1) - Math.max(x, x0))
      sum += share * grey[y * width + x]!
      area += share
    }
  }
  return sum / area
}
