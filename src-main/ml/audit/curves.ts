import type { GroupCurves } from '@shared/schemas/fairness'
import { wilsonInterval } from './bootstrap'

interface Scored {
  truth: readonly boolean[]
  scores: readonly number[]
  /** Per sample: index of its group. */
  groups: ArrayLike<number>
}

const binCount = 10
const steps = 50

/** Per group: how well its scores are calibrated, and its rates at every threshold of a grid from 0.02 to 0.98. */
export function curvesByGroup(input: Scored, names: readonly string[], level: number): GroupCurves[] {
  return names.map((group, index) => ({
    group,
    calibration: calibration(input, index, level),
    thresholds: thresholds(input, index),
  }))
}

/** Reliability in ten equal bins (Niculescu-Mizil & Caruana, ICML 2005); empty bins are left out. */
function calibration({ truth, scores, groups }: Scored, index: number, level: number): GroupCurves['calibration'] {
  const bins = Array.from({ length: binCount }, () => ({ n: 0, hits: 0, sum: 0 }))
  for (let i = 0; i < scores.length; i++) {
    if (groups[i] !== index) continue
    const bin = bins[Math.min(binCount - 1, Math.floor(scores[i]! * binCount))]!
    bin.n++
    bin.sum += scores[i]!
    if (truth[i]) bin.hits++
  }
  return bins
    .filter(({ n }) => n > 0)
    .map(({ n, hits, sum }) => {
      const { value, low, high } = wilsonInterval(hits, n, level)
      return { score: sum / n, rate: value!, low: low!, high: high!, n }
    })
}

function thresholds({ truth, scores, groups }: Scored, index: number): GroupCurves['thresholds'] {
  // Samples by the last threshold that they reach.
  const reached = { positive: new Float64Array(steps), negative: new Float64Array(steps) }
  for (let i = 0; i < scores.length; i++) {
    if (groups[i] !== index) continue
    const step = Math.min(steps - 1, Math.floor(scores[i]! * steps + 1e-9))
    reached[truth[i] ? 'positive' : 'negative'][step]!++
  }
  const positives = reached.positive.reduce((sum, n) => sum + n, 0)
  const negatives = reached.negative.reduce((sum, n) => sum + n, 0)
  const curve: GroupCurves['thresholds'] = []
  let [tp, fp] = [0, 0]
  for (let step = steps - 1; step >= 1; step--) {
    tp += reached.positive[step]!
    fp += reached.negative[step]!
    curve.unshift({
      threshold: step / steps,
      selectionRate: (tp + fp) / (positives + negatives),
      truePositiveRate: positives > 0 ? tp / positives : null,
      falsePositiveRate: negatives > 0 ? fp / negatives : null,
    })
  }
  return curve
}
