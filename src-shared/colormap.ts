/** Colours of explanation maps, the same on screen and in exported pictures. Both scales keep apart for colour-blind eyes. */

export type Rgb = [red: number, green: number, blue: number]

/** Anchors from weakest to strongest; linear in between. */
const positive: Rgb[] = [
  [253, 219, 199],
  [239, 138, 60],
  [196, 66, 12],
  [127, 28, 9],
]
const negative: Rgb[] = [
  [209, 229, 240],
  [92, 164, 208],
  [33, 102, 172],
  [8, 48, 107],
]
const sequential: Rgb[] = [
  [40, 11, 84],
  [140, 41, 129],
  [222, 73, 104],
  [254, 159, 109],
  [252, 253, 191],
]

function along(anchors: Rgb[], share: number): Rgb {
  const place = Math.min(1, Math.max(0, share)) * (anchors.length - 1)
  const index = Math.min(anchors.length - 2, Math.floor(place))
  const [from, to] = [anchors[index]!, anchors[index + 1]!]
  return from.map((value, channel) => Math.round(value + (to[channel]! - value) * (place - index))) as Rgb
}

/**
 * The colour of a normalised attribution: -1 to 1 where signed (orange speaks for the class, blue against it), 0 to 1
 * where not.
 */
export function heatColor(value: number, isSigned: boolean): Rgb {
  if (!isSigned) return along(sequential, value)
  return along(value < 0 ? negative : positive, Math.abs(value))
}

/** How opaque a value is over its picture, 0-1: what says nothing stays clear. `opacity` is the user's slider. */
export const heatAlpha = (value: number, opacity: number): number =>
  opacity * Math.min(1, Math.sqrt(Math.abs(value)) * 1.15)

/**
 * One value per pixel of a map: attributions [height, width] or [height, width, channels] summed over their channels,
 * divided by the largest magnitude so that they lie in -1 to 1 (or 0 to 1). `scale` is that magnitude.
 */
export function heatMap(shape: readonly number[], data: ArrayLike<number>): { values: Float32Array; scale: number } {
  const channels = shape[2] ?? 1
  const values = new Float32Array(shape[0]! * shape[1]!)
  let scale = 0
  for (let pixel = 0; pixel < values.length; pixel++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += data[pixel * channels + channel]!
    values[pixel] = sum
    scale = Math.max(scale, Math.abs(sum))
  }
  if (scale > 0) for (let pixel = 0; pixel < values.length; pixel++) values[pixel]! /= scale
  return { values, scale }
}

/** Paints a map as RGBA, [height * width * 4], ready for a canvas or an image library. */
export function heatPixels(values: Float32Array, isSigned: boolean, opacity: number): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(values.length * 4)
  values.forEach((value, index) => {
    pixels.set([...heatColor(value, isSigned), Math.round(255 * heatAlpha(value, opacity))], index * 4)
  })
  return pixels
}
