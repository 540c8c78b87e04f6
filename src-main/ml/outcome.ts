import { argMax, majorityAccuracy } from '@shared/metrics/classification'
import { splitMetrics, type Scored } from '@shared/metrics/report'
import type { Split } from '@shared/schemas/dataset'
import type { SplitMetrics } from '@shared/schemas/run'
import { predictBatches, type Predict } from './evaluate'
import { textBaseline } from './baselines/text-baseline'
import type { Snapshot, TrainOutcome } from './snapshot'

export interface SamplePrediction {
  sampleId: number
  split: string
  truth: number | null
  predicted: number
  confidence: number
  probabilities: number[]
}

export interface Figures {
  metrics: Record<Split, SplitMetrics | null>
  baseline: TrainOutcome['baseline']
}

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
  isLate: () => boolean,
  onPredicted: (rows: SamplePrediction[], done: number, total: number) => void,
): Promise<Figures & { isComplete: boolean }> {
  const figures: Figures & { isComplete: boolean } = {
    metrics: { train: null, validation: null, test: null },
    baseline: baselineOf(snapshot),
    isComplete: true,
  }
  const total = snapshot.samples.filter((sample) => sample.split !== null).length
  let done = 0
  for (const split of order) {
    const scored: Scored = { truth: [], predicted: [], probabilities: [] }
    for await (const { indices, probabilities } of predictBatches(predict, indicesOf(snapshot, split, false), batch)) {
      const rows = probabilities.map((row, i) => predictionOf(snapshot, split, indices[i]!, row))
      for (const row of rows) if (row.truth !== null) addTo(scored, row)
      onPredicted(rows, (done += rows.length), total)
      if (isLate()) return { ...figures, isComplete: done === total }
    }
    if (scored.truth.length > 0)
      figures.metrics[split] = splitMetrics(scored, snapshot.classes.length, snapshot.positive)
  }
  return figures
}

function predictionOf(snapshot: Snapshot, split: Split, index: number, probabilities: number[]): SamplePrediction {
  const { id, target } = snapshot.samples[index]!
  const predicted = argMax(probabilities)
  return { sampleId: id, split, truth: target, predicted, confidence: probabilities[predicted]!, probabilities }
}

function addTo(scored: Scored, { truth, predicted, probabilities }: SamplePrediction): void {
  scored.truth.push(truth!)
  scored.predicted.push(predicted)
  scored.probabilities.push(probabilities)
}

/** What a run must beat, measured on the test split, or where that is empty on the next best. */
function baselineOf(snapshot: Snapshot): TrainOutcome['baseline'] {
  const targets = (split: Split) => [...indicesOf(snapshot, split, true)].map((i) => snapshot.samples[i]!.target!)
  const measured = order.find((split) => targets(split).length > 0)
  const majority = majorityAccuracy(targets('train'), measured ? targets(measured) : [])
  const simple = measured ? textBaseline(snapshot, measured) : null
  return { majorityAccuracy: majority, ...(simple && { simple }) }
}
