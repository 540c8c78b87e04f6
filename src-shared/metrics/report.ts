import type { RunResults, SplitMetrics } from '../schemas/run'
import { accuracy, brierScore, confusionMatrix, logLoss, macroAverage, perClassScores } from './classification'
import { calibrationCurve, macroRocAuc, rocAuc, rocCurve } from './curves'

/** Labelled samples of one split with what a model said of them. */
export interface Scored {
  /** Class indices. */
  truth: number[]
  predicted: number[]
  /** [n][classes]. */
  probabilities: number[][]
}

/** Two classes with a named positive: scores of that class; else macro averages. `loss` is the cross-entropy in nats. */
export function splitMetrics(scored: Scored, classCount: number, positive: number | null): SplitMetrics {
  const { truth, predicted, probabilities } = scored
  const confusion = confusionMatrix(truth, predicted, classCount)
  const perClass = perClassScores(confusion)
  const one = classCount === 2 && positive !== null ? perClass[positive]! : null
  const score = (key: 'precision' | 'recall' | 'f1') => (one ? one[key] : macroAverage(perClass, key))
  return {
    loss: logLoss(truth, probabilities),
    accuracy: accuracy(confusion),
    precision: score('precision'),
    recall: score('recall'),
    f1: score('f1'),
    rocAuc: classCount === 2 ? binaryAuc(scored, positive ?? 1) : macroRocAuc(truth, probabilities),
  }
}

const isPositive = (truth: number[], positive: number) => truth.map((t) => t === positive)
const scoresOf = (probabilities: number[][], k: number) => probabilities.map((row) => row[k]!)
const binaryAuc = ({ truth, probabilities }: Scored, positive: number) =>
  rocAuc(isPositive(truth, positive), scoresOf(probabilities, positive))

/** All that Compare shows of one run on one split, of its labelled samples. */
export function splitReport(
  scored: Scored,
  classes: string[],
  positive: number | null,
): Omit<RunResults, 'runId' | 'split'> {
  const confusion = confusionMatrix(scored.truth, scored.predicted, classes.length)
  const isBinary = classes.length === 2
  const truth = isPositive(scored.truth, positive ?? 1)
  const scores = isBinary ? scoresOf(scored.probabilities, positive ?? 1) : []
  return {
    classes,
    sampleCount: scored.truth.length,
    metrics: splitMetrics(scored, classes.length, positive),
    confusion,
    perClass: perClassScores(confusion).map((score, k) => ({ name: classes[k]!, ...score })),
    roc: isBinary ? rocCurve(truth, scores) : null,
    calibration: isBinary && scores.length > 0 ? calibrationCurve(truth, scores) : null,
    brier: isBinary ? brierScore(truth, scores) : null,
  }
}
