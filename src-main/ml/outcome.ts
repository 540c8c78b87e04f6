import { argMax, majorityAccuracy } from '@shared/metrics/classification'
import { splitMetrics, type Scored } from '@shared/metrics/report'
import type { Split } from '@shared/schemas/dataset'
import type { SplitMetrics } from '@shared/schemas/run'
import { predictBatches, type Predict } from './evaluate'
import { textBaseline } from './baselines/text-baseline'
import type { Snapshot, TrainOutcome } from './snapshot'

/** What a run says of one sample, with its class or its number in the target's units. */
export interface ClassPrediction {
  sampleId: number
  split: string
  truth: number | null
  predicted: number
  confidence: number
  probabilities: number[]
}

export interface NumberPrediction {
  sampleId: number
  split: string
  truth: number | null
  value: number
}

export type SamplePrediction = ClassPrediction | NumberPrediction

/** How the answers of a run's network are read and judged. */
export interface Judge<P extends SamplePrediction = SamplePrediction> {
  predictionOf(split: Split, index: number, answer: number[]): P
  /** Of the labelled samples of a split, at least one. */
  metricsOf(split: Split, labelled: P[]): SplitMetrics
  /** What must be beaten, on the split named. */
  baseline(measured: Split | undefined): TrainOutcome['baseline']
  /** Once all splits are judged. */
  interval?(): TrainOutcome['interval']
}

export type Figures = Pick<TrainOutcome, 'metrics' | 'baseline' | 'interval'>

/** Indices of a snapshot's samples in one split. */
export function indicesOf(snapshot: Snapshot, split: Split, isLabelled: boolean): Int32Array {
  const indices: number[] = []
  snapshot.samples.forEach((sample, i) => {
    if (sample.split === split && (!isLabelled || sample.target !== null)) indices.push(i)
  })
  return Int32Array.from(indices)
}

/** Splits in the order of their worth: what a stopped run has time for is predicted first. */
const order: Split[] = ['test', 'validation', 'train']

/**
 * Predicts every sample of all splits (unlabelled ones too), `batch` at a time, and measures the labelled ones. Gives up between batches once
 * `isLate`: metrics of splits that were not finished are null.
 */
export async function concludeRun(
  predict: Predict,
  batch: number,
  snapshot: Snapshot,
  judge: Judge,
  isLate: () => boolean,
  onPredicted: (rows: SamplePrediction[], done: number, total: number) => void,
): Promise<Figures & { isComplete: boolean }> {
  const measured = order.find((split) => indicesOf(snapshot, split, true).length > 0)
  const figures: Figures & { isComplete: boolean } = {
    metrics: { train: null, validation: null, test: null },
    baseline: judge.baseline(measured),
    isComplete: true,
  }
  const total = snapshot.samples.filter((sample) => sample.split !== null).length
  let done = 0
  for (const split of order) {
    const labelled: SamplePrediction[] = []
    for await (const { indices, answers } of predictBatches(predict, indicesOf(snapshot, split, false), batch)) {
      const rows = answers.map((answer, i) => judge.predictionOf(split, indices[i]!, answer))
      for (const row of rows) if (row.truth !== null) labelled.push(row)
      onPredicted(rows, (done += rows.length), total)
      if (isLate()) return { ...figures, isComplete: done === total }
    }
    if (labelled.length > 0) figures.metrics[split] = judge.metricsOf(split, labelled)
  }
  return { ...figures, interval: judge.interval?.() }
}

/** Predictions and figures of a run that tells classes apart. */
export const classJudge = (snapshot: Snapshot): Judge<ClassPrediction> => ({
  predictionOf(split, index, probabilities) {
    const { id, target } = snapshot.samples[index]!
    const predicted = argMax(probabilities)
    return { sampleId: id, split, truth: target, predicted, confidence: probabilities[predicted]!, probabilities }
  },
  metricsOf(_split, rows) {
    const scored: Scored = { truth: [], predicted: [], probabilities: [] }
    for (const { truth, predicted, probabilities } of rows) {
      scored.truth.push(truth!)
      scored.predicted.push(predicted)
      scored.probabilities.push(probabilities)
    }
    return splitMetrics(scored, snapshot.classes.length, snapshot.positive)
  },
  baseline(measured) {
    const targets = (split: Split) => [...indicesOf(snapshot, split, true)].map((i) => snapshot.samples[i]!.target!)
    const majority = majorityAccuracy(targets('train'), measured ? targets(measured) : [])
    const simple = measured ? textBaseline(snapshot, measured) : null
    return { majorityAccuracy: majority, ...(simple && { simple }) }
  },
})
