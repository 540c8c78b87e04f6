/** Curves over the score of one class, with scikit-learn's conventions. Scores are probabilities of the positive class. */

export interface RocCurve {
  /** False positive rate. */
  x: number[]
  /** True positive rate. */
  y: number[]
  /** A sample is called positive from this score on; the first lies above every score, so that nothing is. */
  thresholds: number[]
}

/** Cumulated true and false positives at each distinct score, highest first: equal scores are one step. */
function cumulatedCounts(truth: readonly boolean[], scores: readonly number[]) {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  const steps: { score: number; tp: number; fp: number }[] = []
  let tp = 0
  let fp = 0
  order.forEach((i, rank) => {
    if (truth[i]) tp++
    else fp++
    const next = order[rank + 1]
    if (next === undefined || scores[next] !== scores[i]) steps.push({ score: scores[i]!, tp, fp })
  })
  return { steps, positives: tp, negatives: fp }
}

/** Receiver operating characteristic without its collinear points; null when one of the two outcomes never occurs. */
export function rocCurve(truth: readonly boolean[], scores: readonly number[]): RocCurve | null {
  const { steps, positives, negatives } = cumulatedCounts(truth, scores)
  if (positives === 0 || negatives === 0) return null
  const isCorner = (_: unknown, i: number) => {
    const [before, here, after] = [steps[i - 1], steps[i]!, steps[i + 1]]
    if (!before || !after) return true
    return after.fp - here.fp !== here.fp - before.fp || after.tp - here.tp !== here.tp - before.tp
  }
  const corners = steps.filter(isCorner)
  return {
    x: [0, ...corners.map((step) => step.fp / negatives)],
    y: [0, ...corners.map((step) => step.tp / positives)],
    thresholds: [steps[0]!.score + 1, ...corners.map((step) => step.score)],
  }
}

/**
 * Area under the ROC curve: how often a positive sample outscores a negative one, ties counting half
 * (Hanley & McNeil, Radiology 143, 1982). Null when one of the two outcomes never occurs.
 */
export function rocAuc(truth: readonly boolean[], scores: readonly number[]): number | null {
  const { steps, positives, negatives } = cumulatedCounts(truth, scores)
  if (positives === 0 || negatives === 0) return null
  let doubledArea = 0
  let before = { tp: 0, fp: 0 }
  for (const step of steps) {
    doubledArea += (step.fp - before.fp) * (step.tp + before.tp)
    before = step
  }
  return doubledArea / (2 * positives * negatives)
}

/** Unweighted mean of one-against-rest areas over the classes for which one is defined. */
export function macroRocAuc(truth: readonly number[], probabilities: readonly (readonly number[])[]): number | null {
  const classCount = probabilities[0]?.length ?? 0
  const areas = Array.from({ length: classCount }, (_, k) =>
    rocAuc(
      truth.map((t) => t === k),
      probabilities.map((row) => row[k]!),
    ),
  ).filter((area) => area !== null)
  return areas.length > 0 ? areas.reduce((total, area) => total + area, 0) / areas.length : null
}

export interface CalibrationCurve {
  /** Mean score of the bin. */
  x: number[]
  /** Observed rate of positives in the bin. */
  y: number[]
  counts: number[]
}

/** Reliability diagram over equally wide bins; a score on an edge belongs to the lower bin; empty bins are left out. */
export function calibrationCurve(truth: readonly boolean[], scores: readonly number[], bins = 10): CalibrationCurve {
  const edges = Array.from({ length: bins - 1 }, (_, i) => (i + 1) * (1 / bins))
  const totals = Array.from({ length: bins }, () => ({ score: 0, positives: 0, count: 0 }))
  scores.forEach((score, i) => {
    const bin = totals[edges.filter((edge) => edge < score).length]!
    bin.score += score
    bin.positives += Number(truth[i])
    bin.count++
  })
  const filled = totals.filter((bin) => bin.count > 0)
  return {
    x: filled.map((bin) => bin.score / bin.count),
    y: filled.map((bin) => bin.positives / bin.count),
    counts: filled.map((bin) => bin.count),
  }
}
