import type { Random } from '../random'

export interface Augmentation {
  flipHorizontal: boolean
  /** Share of the side length. */
  shift: number
  /** Degrees. */
  rotate: number
  zoom: number
  /** Share of full white. */
  brightness: number
}

/** The augmentation that the settings ask for, or null. */
export function augmentationOf(params: Partial<Augmentation> & { augment?: boolean }): Augmentation | null {
  if (!params.augment) return null
  const { flipHorizontal = false, shift = 0, rotate = 0, zoom = 0, brightness = 0 } = params
  return { flipHorizontal, shift, rotate, zoom, brightness }
}

/**
 * Draws one random change and writes the changed picture into `out` (0-1) at `at`. One affine map from each target pixel
 * back to the source, read bilinearly; beyond the border the nearest pixel counts.
 *
 * @param bytes packed pictures, row-major [height, width, channels] each
 * @param from where this picture begins in `bytes`
 */
export function augmentInto(
  out: Float32Array,
  at: number,
  bytes: Uint8Array,
  from: number,
  [height, width, channels]: readonly [number, number, number],
  { flipHorizontal, shift, rotate, zoom, brightness }: Augmentation,
  random: Random,
): void {
  const angle = (random.between(-rotate, rotate) * Math.PI) / 180
  const scale = 1 / (1 + random.between(-zoom, zoom))
  const shiftX = random.between(-shift, shift) * width
  const shiftY = random.between(-shift, shift) * height
  const lift = random.between(-brightness, brightness)
  const mirror = flipHorizontal && random.uniform() < 0.5 ? -1 : 1
  const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale]
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2]

  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dx = (x - middleX - shiftX) * mirror
      const dy = y - middleY - shiftY
      const sourceX = clamp(cos * dx + sin * dy + middleX, width - 1)
      const sourceY = clamp(cos * dy - sin * dx + middleY, height - 1)
      const x0 = Math.floor(sourceX)
      const y0 = Math.floor(sourceY)
      const x1 = Math.min(x0 + 1, width - 1)
      const y1 = Math.min(y0 + 1, height - 1)
      const fx = sourceX - x0
      const fy = sourceY - y0
      for (let c = 0; c < channels; c++) {
        const read = (row: number, column: number) => bytes[from + (row * width + column) * channels + c]!
        const top = read(y0, x0) * (1 - fx) + read(y0, x1) * fx
        const bottom = read(y1, x0) * (1 - fx) + read(y1, x1) * fx
        const value = (top * (1 - fy) + bottom * fy) / 255 + lift
        out[at + (y * width + x) * channels + c] = value < 0 ? 0 : value > 1 ? 1 : value
      }
    }
  }
}

const clamp = (value: number, last: number) => (value < 0 ? 0 : value > last ? last : value)
