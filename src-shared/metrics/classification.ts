/**
 * Classification metrics as pure functions, so that services may use them without TensorFlow. Their conventions are
 * those of scikit-learn (Pedregosa et al., JMLR 12, 2011); what has an empty denominator is null, never 0 or NaN.
 */

/** Counts [true][predicted] of class indices. */
export function confusionMatrix(truth: readonly number[], predicted: readonly number[], classCount: number) {
  const matrix = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0))
  truth.forEach((t, i) => matrix[t]![predicted[i]!]!++)
  return matrix
}

export interface ClassScores {
  precision: number | null
  recall: number | null
  f1: number | null
  support: number
}

const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : null)
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Precision, recall and F1 of each class against the rest. */
export function perClassScores(confusion: readonly (readonly number[])[]): ClassScores[] {
  return confusion.map((row, k) => {
    const hits = row[k]!
    const support = sum(row)
    const predicted = sum(confusion.map((other) => other[k]!))
    return {
      precision: ratio(hits, predicted),
      recall: ratio(hits, support),
      f1: ratio(2 * hits, support + predicted),
      support,
    }
  })
}

/** Share of the diagonal; null without samples. */
export function accuracy(confusion: readonly (readonly number[])[]): number | null {
  return ratio(sum(confusion.map((row, k) => row[k]!)), sum(confusion.map(sum)))
}

/**
 * Unweighted mean over the classes that occur as truth or as prediction. A score that is undefined for one of them counts
 * as 0, as in scikit-learn: a class that a model never names must not raise its average.
 */
export function macroAverage(scores: readonly ClassScores[], key: 'precision' | 'recall' | 'f1'): number | null {
  const occurring = scores.filter((score) => score.support > 0 || score.precision !== null)
  return ratio(sum(occurring.map((score) => score[key] ?? 0)), occurring.length)
}

/**
 * Mean cross-entropy in nats. `probabilities` [n][classes]; probabilities of 0 are lifted to the machine epsilon.
 */
export function logLoss(truth: readonly number[], probabilities: readonly (readonly number[])[]): number | null {
  const losses = truth.map((t, i) => -Math.log(Math.min(1, Math.max(probabilities[i]![t]!, Number.EPSILON))))
  return ratio(sum(losses), losses.length)
}

/** Mean squared difference of score and truth (Brier, 1950); scores are probabilities of the positive class. */
export function brierScore(truth: readonly boolean[], scores: readonly number[]): number | null {
  return ratio(sum(truth.map((t, i) => (scores[i]! - Number(t)) ** 2)), truth.length)
}

/**
 * Accuracy of always naming the class that is most frequent among `trained`, on `evaluated`: what any model must beat.
 * Of equally frequent classes the first counts.
 */
export function majorityAccuracy(trained: readonly number[], evaluated: readonly number[]): number | null {
  if (trained.length === 0) return null
  const counts: number[] = []
  for (const t of trained) counts[t] = (counts[t] ?? 0) + 1
  let majority = -1
  counts.forEach((count, k) => (majority = majority < 0 || count > counts[majority]! ? k : majority))
  return ratio(evaluated.filter((t) => t === majority).length, evaluated.length)
}

/** The index of the largest value; the first of equals. */
export function argMax(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}
