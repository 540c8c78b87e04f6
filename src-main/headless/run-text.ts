import type { Comparison, NumberInterval, Prediction, Run } from '@shared/schemas/run'
import { figure, percent, table } from './text'

/** What commands print of runs when nobody asked for JSON. */

const isNumber = ({ task }: Run) => task === 'regression'

export function runsText(runs: Run[]): string {
  if (runs.length === 0) return 'No runs yet. Start one: pellucid train --dataset NAME --family cnn'
  const tables = [classRuns(runs.filter((run) => !isNumber(run))), numberRuns(runs.filter(isNumber))]
  return tables.filter((text) => text !== '').join('\n\n')
}

const factsOf = ({ name, status, datasetName, family, epochs }: Run) => [
  name,
  status,
  datasetName,
  family,
  String(epochs),
]
const facts = ['name', 'status', 'dataset', 'family', 'epochs']

function classRuns(runs: Run[]): string {
  if (runs.length === 0) return ''
  const rows = runs.map((run) => [
    ...factsOf(run),
    percent(run.metrics.validation?.accuracy),
    percent(run.metrics.test?.accuracy),
    percent(run.baseline.majorityAccuracy),
    run.runId,
  ])
  return table([...facts, 'validation', 'test', 'majority', 'id'], rows)
}

/** Mean absolute errors: lower is better. */
function numberRuns(runs: Run[]): string {
  if (runs.length === 0) return ''
  const rows = runs.map((run) => [
    ...factsOf(run),
    figure(run.metrics.validation?.mae),
    figure(run.metrics.test?.mae),
    figure(run.metrics.test?.r2),
    figure(run.baseline.mean?.mae),
    run.runId,
  ])
  return table([...facts, 'validation MAE', 'test MAE', 'test R²', 'MAE of the mean', 'id'], rows)
}

const classMetrics = ['loss', 'accuracy', 'precision', 'recall', 'f1', 'rocAuc'] as const
const numberMetrics = ['loss', 'mae', 'rmse', 'medianError', 'r2'] as const

export function runText(run: Run): string {
  const names = isNumber(run) ? numberMetrics : classMetrics
  const rows = (['train', 'validation', 'test'] as const).map((split) => [
    split,
    ...names.map((name) => figure(run.metrics[split]?.[name])),
  ])
  const lines = [
    `${run.name} (${run.runId}): ${run.status} after ${run.epochs} epochs of ${run.family} on ${run.datasetName}`,
    table(['split', ...names], rows),
    ...baselineLines(run),
  ]
  if (run.interval) lines.push(intervalText(run.interval))
  if (run.samplesPerSecond !== null) lines.push(`${Math.round(run.samplesPerSecond)} samples a second`)
  if (run.error) lines.push(`error: ${run.error}`)
  return lines.join('\n')
}

function baselineLines({ baseline, task }: Run): string[] {
  const { majorityAccuracy, simple, mean, median } = baseline
  if (task === 'classification') {
    const always = `always guessing the most frequent class would be right in ${percent(majorityAccuracy)}`
    return simple ? [always, `${simple.title} on the same samples: ${percent(simple.accuracy)}`] : [always]
  }
  const always = { mean, median }
  return Object.entries(always).flatMap(([what, answer]) =>
    answer
      ? [`always the training ${what}, ${figure(answer.value)}: MAE ${figure(answer.mae)}, RMSE ${figure(answer.rmse)}`]
      : [],
  )
}

const intervalText = ({ level, halfWidth, sampleCount, testCoverage }: NumberInterval) =>
  `the truth lies within ± ${figure(halfWidth)} of the prediction in ${percent(level)} of cases like the ${sampleCount} of the validation split` +
  (testCoverage === null ? '' : `; on the test split in ${percent(testCoverage)}`)

/** Confusion matrices, of runs that tell classes apart. */
export function matricesText({ runs, classes, confusion }: Comparison): string[] {
  return runs
    .filter((run) => !isNumber(run))
    .map(({ runId, name }) => {
      const matrix = confusion[runId]
      return `\n${name}\n${matrix ? confusionText(classes, matrix) : 'no results on this split'}`
    })
}

const confusionText = (classes: string[], matrix: number[][]) =>
  table(
    ['true \\ predicted', ...classes],
    matrix.map((row, index) => [classes[index] ?? '', ...row.map(String)]),
  )

export function predictionsText(predictions: Prediction[]): string {
  if (predictions.some(({ value }) => value !== undefined)) {
    const rows = predictions.map(({ input, value, low, high }) => [input, figure(value), figure(low), figure(high)])
    return table(['input', 'value', 'lowest', 'highest'], rows)
  }
  const rows = predictions.map(({ input, class: name, probabilities }) => [input, name, percent(probabilities[name])])
  return table(['input', 'class', 'probability'], rows)
}
