/** What a run does not get to see: regions of its pictures, words of its texts, fields of its tables. */

/** A rectangle of a picture, in shares (0-1) of its width and height. */
export interface Region {
  left: number
  top: number
  width: number
  height: number
}

/** The same on a grid of pixels. */
export interface PixelBox {
  x: number
  y: number
  width: number
  height: number
}

/** What a mask setting names, separated by semicolons: words or fields. */
export const namesIn = (setting: unknown): string[] =>
  typeof setting === 'string'
    ? setting
        .split(';')
        .map((name) => name.trim())
        .filter(Boolean)
    : []

/** Several settings as one, without what is there twice; null for none. */
export const joinedMasks = (...settings: unknown[]): string | null =>
  [...new Set(settings.flatMap(namesIn))].join('; ') || null

/** Regions of a mask setting: "left, top, width, height" in percent of the picture each; null where one is no region. */
export function regionsIn(setting: unknown): Region[] | null {
  const regions = namesIn(setting).map((text) => text.split(',').map((part) => Number(part.trim() || NaN) / 100))
  const isRegion = (parts: number[]) => {
    const [left = NaN, top = NaN, width = NaN, height = NaN] = parts
    const isInside = left >= 0 && top >= 0 && width > 0 && height > 0 && left + width <= 1.001 && top + height <= 1.001
    return parts.length === 4 && isInside
  }
  if (!regions.every(isRegion)) return null
  return regions.map(([left, top, width, height]) => ({ left: left!, top: top!, width: width!, height: height! }))
}

/** A box of a grid as a mask setting writes it. */
export function writeRegion({ x, y, width, height }: PixelBox, grid: { width: number; height: number }): string {
  const percent = (part: number, whole: number) => String(Number(((100 * part) / whole).toFixed(2)))
  return [
    percent(x, grid.width),
    percent(y, grid.height),
    percent(width, grid.width),
    percent(height, grid.height),
  ].join(', ')
}

/** The pixels that a region covers, at least one; borders go to the nearest. */
export function boxOf({ left, top, width, height }: Region, grid: { width: number; height: number }): PixelBox {
  const along = (from: number, length: number, whole: number) => {
    const first = Math.min(whole - 1, Math.round(from * whole))
    return [first, Math.max(1, Math.min(whole, Math.round((from + length) * whole)) - first)] as const
  }
  const [x, boxWidth] = along(left, width, grid.width)
  const [y, boxHeight] = along(top, height, grid.height)
  return { x, y, width: boxWidth, height: boxHeight }
}
