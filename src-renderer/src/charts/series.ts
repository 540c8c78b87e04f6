import type { EpochEnded } from '@shared/schemas/run'

export interface CurvePoint {
  x: number
  y: number | null
}

/**
 * At most about `limit` points that keep the curve's shape: the first, the last, and of each bucket the lowest and the
 * highest, so that a spike of one step is never thinned away.
 */
export function keepShape(points: CurvePoint[], limit: number): CurvePoint[] {
  if (points.length <= limit || limit < 4) return points
  const buckets = Math.floor((limit - 2) / 2)
  const inner = points.length - 2
  const kept = [points[0]!]
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = 1 + Math.floor((bucket * inner) / buckets)
    const to = 1 + Math.floor(((bucket + 1) * inner) / buckets)
    kept.push(...extremes(points.slice(from, to)))
  }
  return [...kept, points.at(-1)!]
}

/** The lowest and the highest point, in their order; a gap stays a gap when there is nothing else. */
function extremes(points: CurvePoint[]): CurvePoint[] {
  const defined = points.filter(({ y }) => y !== null) as { x: number; y: number }[]
  if (defined.length === 0) return points.slice(0, 1)
  const low = defined.reduce((a, b) => (b.y < a.y ? b : a))
  const high = defined.reduce((a, b) => (b.y > a.y ? b : a))
  if (low === high) return [low]
  return low.x < high.x ? [low, high] : [high, low]
}

/**
 * Exponential moving average without the pull of its start (divided by 1 - weight^n, as Adam does), held within what was
 * seen so far: a constant stays exactly that constant, and no value appears that the data never reached.
 * `weight` 0 leaves everything as it is; towards 1 it is smoother. Gaps stay gaps.
 */
export function smooth(values: (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return values
  let average = 0
  let mass = 1
  let low = Infinity
  let high = -Infinity
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return null
    low = Math.min(low, value)
    high = Math.max(high, value)
    average = weight * average + (1 - weight) * value
    mass *= weight
    return Math.min(high, Math.max(low, average / (1 - mass)))
  })
}

/** The epochs with this one put in its place; null when one in between was missed and all must be read again. */
export function withEpoch(known: EpochEnded[], epoch: EpochEnded): EpochEnded[] | null {
  const last = known.at(-1)?.epoch ?? 0
  if (epoch.epoch > last + 1) return null
  return [...known.filter((one) => one.epoch < epoch.epoch), epoch]
}
