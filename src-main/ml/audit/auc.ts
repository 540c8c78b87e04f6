import type { Interval } from '@shared/schemas/fairness'
import { normalQuantile } from './bootstrap'

/** Area under the ROC curve by ranks, ties counting half (Mann & Whitney, 1947); null without both kinds. */
export function areaUnderCurve(scores: Float64Array, labels: ArrayLike<number>): number | null {
  const order = Int32Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!)
  let positives = 0
  let rankSum = 0
  for (let from = 0; from < order.length;) {
    let to = from
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++
    const rank = (from + to + 1) / 2
    for (let k = from; k < to; k++) {
      if (!labels[order[k]!]) continue
      positives++
      rankSum += rank
    }
    from = to
  }
  const negatives = order.length - positives
  if (positives === 0 || negatives === 0) return null
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/** Its interval by Hanley & McNeil's standard error (Radiology 143, 1982). */
export function aucInterval(auc: number, positives: number, negatives: number, level: number): Interval {
  const [q1, q2] = [auc / (2 - auc), (2 * auc * auc) / (1 + auc)]
  const spread = auc * (1 - auc) + (positives - 1) * (q1 - auc * auc) + (negatives - 1) * (q2 - auc * auc)
  const half = normalQuantile((1 + level) / 2) * Math.sqrt(Math.max(0, spread) / (positives * negatives))
  return { value: auc, low: Math.max(0, auc - half), high: Math.min(1, auc + half), level }
}
