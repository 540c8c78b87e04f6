import { conformalHalfWidth, median, numberMetrics } from '@shared/metrics/regression'
import type { Split } from '@shared/schemas/dataset'
import type { ConstantAnswer, NumberInterval, SplitMetrics } from '@shared/schemas/run'
import type { Judge, NumberPrediction } from './outcome'
import { objectiveOf } from './objective'
import type { RunParams } from './settings'
import type { Snapshot, TrainOutcome } from './snapshot'
import { undone, type TargetScale } from './target-scale'

/** Of new samples so many are promised to lie within the interval that is shown around a prediction. */
const intervalLevel = 0.9

/** Predictions and figures of a run that predicts a number, all in the target's units; the loss stays standardised. */
export function numberJudge(snapshot: Snapshot, scale: TargetScale, params: RunParams): Judge<NumberPrediction> {
  const known = new Map<Split, { truth: number[]; predicted: number[]; loss: number }>()
  const { measure } = objectiveOf(params)
  const standard = (value: number) => (value - scale.mean) / scale.deviation
  return {
    predictionOf(split, index, answer) {
      const { id, target } = snapshot.samples[index]!
      return { sampleId: id, split, truth: target, value: undone(answer[0]!, scale) }
    },
    metricsOf(split, rows) {
      const [truth, predicted] = [rows.map((row) => row.truth!), rows.map(({ value }) => value)]
      const losses = rows.map(({ value }, i) => measure(Float32Array.of(standard(value)), standard(truth[i]!)).loss)
      const loss = losses.reduce((sum, each) => sum + each, 0) / losses.length
      known.set(split, { truth, predicted, loss })
      return { ...noRates, loss, ...numberMetrics(truth, predicted) }
    },
    baseline: (measured) => baselineOf(snapshot, measured),
    interval: () => intervalOf(errors(known.get('validation')), errors(known.get('test'))),
  }
}

const noRates: SplitMetrics = { loss: null, accuracy: null, precision: null, recall: null, f1: null, rocAuc: null }

const errors = (known: { truth: number[]; predicted: number[] } | undefined): number[] =>
  known ? known.truth.map((value, i) => Math.abs(value - known.predicted[i]!)) : []

/** By the errors on validation, and how it holds on test; none where validation is too small for it. */
export function intervalOf(validation: number[], test: number[]): NumberInterval | undefined {
  const halfWidth = conformalHalfWidth(validation, intervalLevel)
  if (halfWidth === null) return undefined
  const within = test.filter((error) => error <= halfWidth).length
  const testCoverage = test.length > 0 ? within / test.length : null
  return { level: intervalLevel, halfWidth, sampleCount: validation.length, testCoverage }
}

/** Always the training mean and always the training median, on the split that runs are judged by. */
function baselineOf({ samples }: Snapshot, measured: Split | undefined): TrainOutcome['baseline'] {
  const targets = (split: Split | undefined) =>
    samples.flatMap((sample) => (sample.split === split && sample.target !== null ? [sample.target] : []))
  const [train, truth] = [targets('train'), targets(measured)]
  const always = (value: number): ConstantAnswer => {
    const { mae = null, rmse = null } = numberMetrics(
      truth,
      truth.map(() => value),
    )
    return { value, mae, rmse }
  }
  const mean = train.reduce((sum, value) => sum + value, 0) / Math.max(1, train.length)
  return { majorityAccuracy: null, mean: always(mean), median: always(median(train) ?? mean) }
}
