/** One group's samples: their scores and whether the favourable outcome is true. */
export interface ScoredGroup {
  scores: readonly number[]
  truth: readonly boolean[]
}

/** What the thresholds make equal between the groups (x), and what they are chosen for (y). */
export type TradeoffMetric = 'selection-rate' | 'true-positive-rate' | 'false-positive-rate' | 'accuracy'

/** A point that a threshold reaches: a score above it is selected. */
interface Point {
  x: number
  y: number
  threshold: number
}

/** A point between two thresholds: the first with probability `p0`, else the second. */
export interface Mixed {
  x: number
  y: number
  p0: number
  threshold0: number
  threshold1: number
}

/** Above every score and below every score; scores lie in 0-1, and JSON knows no infinity. */
export const nobody = 2
export const everybody = -1

export const gridSize = 1000

/**
 * The best `y` that one group can have at each `x` of an even grid from 0 to 1: the upper convex hull over all thresholds,
 * between whose corners two thresholds are mixed at random (Hardt, Price & Srebro, 2016; grid and ties as in Fairlearn's
 * ThresholdOptimizer).
 */
export function tradeoffCurve(group: ScoredGroup, x: TradeoffMetric, y: TradeoffMetric): Mixed[] {
  const hull = upperHull(pointsOf(group, x, y))
  let left = 0
  return Array.from({ length: gridSize + 1 }, (_, k) => {
    const at = gridAt(k)
    while (left + 2 < hull.length && hull[left + 1]!.x < at) left++
    const [from, to] = [hull[left]!, hull[left + 1]!]
    const p0 = (to.x - at) / (to.x - from.x)
    return { x: at, y: p0 * from.y + (1 - p0) * to.y, p0, threshold0: from.threshold, threshold1: to.threshold }
  })
}

export const gridAt = (k: number) => k * (1 / gridSize)

function pointsOf({ scores, truth }: ScoredGroup, x: TradeoffMetric, y: TradeoffMetric): Point[] {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  const positives = truth.filter(Boolean).length
  const negatives = truth.length - positives
  const counted = { positives, negatives }
  const points: Point[] = [{ x: valueOf(x, 0, 0, counted), y: valueOf(y, 0, 0, counted), threshold: nobody }]
  let [tp, fp] = [0, 0]
  for (let i = 0; i < order.length;) {
    const score = scores[order[i]!]!
    for (; i < order.length && scores[order[i]!] === score; i++) {
      if (truth[order[i]!]) tp++
      else fp++
    }
    const threshold = i < order.length ? (score + scores[order[i]!]!) / 2 : everybody
    points.push({ x: valueOf(x, tp, fp, counted), y: valueOf(y, tp, fp, counted), threshold })
  }
  return points
    .map((point, i) => ({ point, i }))
    .sort((a, b) => a.point.x - b.point.x || a.point.y - b.point.y || a.i - b.i)
    .map(({ point }) => point)
}

function valueOf(
  metric: TradeoffMetric,
  tp: number,
  fp: number,
  { positives, negatives }: { positives: number; negatives: number },
): number {
  if (metric === 'selection-rate') return (tp + fp) / (positives + negatives)
  if (metric === 'true-positive-rate') return tp / positives
  if (metric === 'false-positive-rate') return fp / negatives
  return (tp + negatives - fp) / (positives + negatives)
}

/** Andrew's monotone chain (Information Processing Letters 9, 1979) over points sorted by x, then y. */
function upperHull(points: Point[]): Point[] {
  const hull: Point[] = []
  for (const next of points) {
    while (hull.length >= 2) {
      const [before, last] = [hull.at(-2)!, hull.at(-1)!]
      if ((last.y - before.y) * (next.x - before.x) > (next.y - before.y) * (last.x - before.x)) break
      hull.pop()
    }
    hull.push(next)
  }
  return hull
}
