import { throwIfAborted } from '@shared/errors'
import { writeRegion, type PixelBox } from '@shared/masks'
import { breathe } from '../evaluate'
import { tf } from '../tf'
import { largest, type Candidate, type Lens, type LookedAt } from './lens'

/** Parts of the shorter side; windows are so many of them wide, and of each size so many are candidates for a class. */
const windowsPerSide = 9
const windowSizes = [
  { parts: 1, perClass: 3 },
  { parts: 1.5, perClass: 2 },
  { parts: 2, perClass: 2 },
]
/** Samples of each class whose gradients are asked for, and points on the path to each. */
const explainedPerClass = 48
const pathSteps = 4

/**
 * Regions of pictures. Attributions are integrated gradients (Sundararajan et al. 2017, 4 steps) from the mean picture, by
 * magnitude, averaged over a class's samples; windows of three sizes in which most of them lie are the candidates.
 */
export async function regionLens(looked: LookedAt): Promise<Lens> {
  const { trained, inputs, signal } = looked
  const [height, width, channels] = trained.inputShape as [number, number, number]
  const size = height * width * channels
  const tensor = await trained.encode(inputs, signal)
  const encoded = await tensor.data<'float32'>()
  tensor.dispose()
  const candidates = new Map<string, Candidate>()
  for (let target = 0; target < trained.meta.classes.length; target++) {
    const map = await meanMap(looked, encoded, target)
    for (const found of map ? windowsOf(map, { height, width }, target) : [])
      if (!candidates.has(found.key)) candidates.set(found.key, found)
    looked.progress((target + 1) / trained.meta.classes.length)
  }
  const all = Array.from({ length: inputs.length }, (_, i) => i)
  return {
    kind: 'region',
    encoded,
    candidates: [...candidates.values()],
    having: () => all,
    without: ({ box }, indices) => edited(indices, (at, i) => fill(at, i, box!)),
    given: ({ box }, indices, donors) => edited(indices, (at, i) => paste(at, donors[i]!, box!)),
    how: { without: 'filled with the mean of what surrounds it', given: 'put into' },
  }

  function edited(indices: number[], change: (at: Float32Array, i: number) => void): Float32Array {
    const batch = new Float32Array(indices.length * size)
    indices.forEach((index, i) => {
      const at = batch.subarray(i * size, (i + 1) * size)
      at.set(encoded.subarray(index * size, (index + 1) * size))
      change(at, i)
    })
    return batch
  }

  /** The mean of the ring around the box, channel by channel. */
  function fill(at: Float32Array, _i: number, box: PixelBox): void {
    const ring = Math.max(1, Math.round(Math.min(box.width, box.height) / 2))
    const isInside = (x: number, y: number) =>
      x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height
    for (let channel = 0; channel < channels; channel++) {
      let [sum, count] = [0, 0]
      for (let y = Math.max(0, box.y - ring); y < Math.min(height, box.y + box.height + ring); y++)
        for (let x = Math.max(0, box.x - ring); x < Math.min(width, box.x + box.width + ring); x++)
          if (!isInside(x, y)) {
            sum += at[(y * width + x) * channels + channel]!
            count++
          }
      for (let y = box.y; y < box.y + box.height; y++)
        for (let x = box.x; x < box.x + box.width; x++) at[(y * width + x) * channels + channel] = sum / count
    }
  }

  function paste(at: Float32Array, donor: number, box: PixelBox): void {
    for (let y = box.y; y < box.y + box.height; y++) {
      const from = (y * width + box.x) * channels
      at.set(encoded.subarray(donor * size + from, donor * size + from + box.width * channels), from)
    }
  }
}

/** Mean magnitude of a class's attributions by pixel, [height * width]; null for a class without samples. */
async function meanMap(looked: LookedAt, encoded: Float32Array, target: number): Promise<Float64Array | null> {
  const { trained, targets, signal } = looked
  const [height, width, channels] = trained.inputShape as [number, number, number]
  const size = height * width * channels
  const own = [...targets.keys()].filter((i) => targets[i] === target).slice(0, explainedPerClass)
  if (own.length === 0) return null
  const baseline = new Float32Array(size)
  for (let i = 0; i < encoded.length; i++) baseline[i % size]! += encoded[i]! / targets.length
  const map = new Float64Array(height * width)
  for (const index of own) {
    throwIfAborted(signal)
    const sample = encoded.subarray(index * size, (index + 1) * size)
    const gradient = tf.tidy(() => {
      const path = new Float32Array(pathSteps * size)
      for (let step = 0; step < pathSteps; step++)
        for (let k = 0; k < size; k++)
          path[step * size + k] = baseline[k]! + ((step + 0.5) / pathSteps) * (sample[k]! - baseline[k]!)
      return trained
        .gradient(tf.tensor(path, [pathSteps, ...trained.inputShape]), target)
        .mean(0)
        .dataSync()
    }) as Float32Array
    for (let k = 0; k < size; k++)
      map[Math.floor(k / channels)]! += Math.abs(gradient[k]! * (sample[k]! - baseline[k]!)) / own.length
    await breathe()
  }
  return map
}

/** The windows in which most of a map lies, of each size, that overlap each other by no more than a quarter. */
function windowsOf(map: Float64Array, grid: { height: number; width: number }, target: number): Candidate[] {
  const { height, width } = grid
  const total = map.reduce((sum, value) => sum + value, 0)
  if (!(total > 0)) return []
  const sums = integral(map, height, width)
  const unit = Math.max(1, Math.round(Math.min(height, width) / windowsPerSide))
  return windowSizes.flatMap(({ parts, perClass }) => {
    const side = Math.min(Math.round(unit * parts), height, width)
    const stride = Math.max(1, Math.floor(side / 4))
    const boxes: { box: PixelBox; share: number }[] = []
    for (let y = 0; y + side <= height; y += stride)
      for (let x = 0; x + side <= width; x += stride) {
        const box = { x, y, width: side, height: side }
        boxes.push({ box, share: inside(sums, width, box) / total })
      }
    const chosen: typeof boxes = []
    for (const one of largest(boxes, boxes.length, ({ share }) => share)) {
      if (chosen.length === perClass) break
      if (chosen.every(({ box }) => sharedArea(box, one.box) <= 0.25 * side * side)) chosen.push(one)
    }
    return chosen.map(({ box, share }): Candidate => {
      const { x, y } = box
      const region = { left: x / width, top: y / height, width: side / width, height: side / height }
      const mask = { maskRegions: writeRegion(box, grid) }
      return { key: `${x},${y},${side}`, title: titleOf(box, grid), share, target, mask, box, region }
    })
  })
}

/** Sums over all pixels above and left of each, [height + 1, width + 1]. */
function integral(map: Float64Array, height: number, width: number): Float64Array {
  const sums = new Float64Array((height + 1) * (width + 1))
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      sums[(y + 1) * (width + 1) + x + 1] =
        map[y * width + x]! +
        sums[y * (width + 1) + x + 1]! +
        sums[(y + 1) * (width + 1) + x]! -
        sums[y * (width + 1) + x]!
  return sums
}

function inside(sums: Float64Array, width: number, box: PixelBox): number {
  const at = (y: number, x: number) => sums[y * (width + 1) + x]!
  const [bottom, right] = [box.y + box.height, box.x + box.width]
  return at(bottom, right) - at(box.y, right) - at(bottom, box.x) + at(box.y, box.x)
}

/** Pixels that two boxes share. */
export function sharedArea(a: PixelBox, b: PixelBox): number {
  const along = (from: number, length: number, other: number, otherLength: number) =>
    Math.max(0, Math.min(from + length, other + otherLength) - Math.max(from, other))
  return along(a.x, a.width, b.x, b.width) * along(a.y, a.height, b.y, b.height)
}

/** "the 3 × 3 pixels at the top left". */
function titleOf(box: PixelBox, { height, width }: { height: number; width: number }): string {
  const third = (from: number, length: number, whole: number) =>
    Math.min(2, Math.floor((3 * (from + length / 2)) / whole))
  const row = ['top', 'middle', 'bottom'][third(box.y, box.height, height)]!
  const column = ['left', 'centre', 'right'][third(box.x, box.width, width)]!
  const place = row === 'middle' && column === 'centre' ? 'in the centre' : `at the ${row} ${column}`
  return `the ${box.width} × ${box.height} pixels ${place} (column ${box.x + 1}, row ${box.y + 1})`
}
