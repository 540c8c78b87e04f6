import { WorkbenchError } from '@shared/errors'
import { perClassScores } from '@shared/metrics/classification'
import { splitReport } from '@shared/metrics/report'
import type { Split } from '@shared/schemas/dataset'
import type { RunResults, SplitMetrics, StoredPrediction } from '@shared/schemas/run'
import type { Queries } from '../db/database'
import { refuseNumbers } from './number-target'
import { numberResults } from './number-results'
import { toRun, type RunRow } from './run-queries'

/** Counts [true][predicted] of one run on one split, labelled samples only. */
export async function confusionOfRun(
  db: Queries,
  runId: string,
  classCount: number,
  split: Split,
): Promise<number[][]> {
  const cells = await db.all<{ truth: number; predicted: number; n: number }>(
    `SELECT truth, predicted, count(*) AS n FROM run_predictions
     WHERE run_id = ? AND split = ? AND truth IS NOT NULL GROUP BY truth, predicted`,
    runId,
    split,
  )
  const matrix = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0))
  for (const { truth, predicted, n } of cells) if (matrix[truth]) matrix[truth][predicted] = n
  return matrix
}

/** Everything that Compare shows of one run on one split. */
export async function resultsOfRun(db: Queries, row: RunRow, split: Split): Promise<RunResults> {
  const run = toRun(row)
  requirePredictions(row, await count(db, row.id))
  if (run.task === 'regression') return numberResults(db, run, split)
  if (run.classes.length === 2) return { runId: run.runId, split, ...(await binaryReport(db, row, run.classes, split)) }
  const confusion = await confusionOfRun(db, run.runId, run.classes.length, split)
  return {
    runId: run.runId,
    split,
    classes: run.classes,
    sampleCount: confusion.flat().reduce((sum, n) => sum + n, 0),
    metrics: run.metrics[split] ?? noScores,
    confusion,
    perClass: perClassScores(confusion).map((scores, k) => ({ name: run.classes[k]!, ...scores })),
    roc: null,
    calibration: null,
    brier: null,
  }
}

/** Two classes: curves over the favourable class, or the second one when none was named. */
async function binaryReport(db: Queries, row: RunRow, classes: string[], split: Split) {
  const dataset = await db.get<{ positive: string | null }>(
    'SELECT positive FROM datasets WHERE id = ?',
    row.dataset_id,
  )
  const named = classes.indexOf(dataset?.positive ?? '')
  const positive = named < 0 ? null : named
  const rows = await db.all<{ truth: number; predicted: number; second: number }>(
    `SELECT truth, predicted, json_extract(probabilities, '$[1]') AS second FROM run_predictions
     WHERE run_id = ? AND split = ? AND truth IS NOT NULL ORDER BY sample_id`,
    row.id,
    split,
  )
  const scored = {
    truth: rows.map((entry) => entry.truth),
    predicted: rows.map((entry) => entry.predicted),
    probabilities: rows.map(({ second }) => [1 - second, second]),
  }
  return splitReport(scored, classes, positive)
}

/** The samples behind one cell of the confusion matrix, surest first. */
export async function cellOfRun(
  db: Queries,
  row: RunRow,
  { split, truth, predicted, limit }: { split: Split; truth: string; predicted: string; limit: number },
): Promise<{ total: number; predictions: StoredPrediction[] }> {
  const { classes, task } = toRun(row)
  refuseNumbers({ task }, 'A confusion matrix is of classes')
  const indexOf = (name: string) => {
    const index = classes.indexOf(name)
    if (index < 0)
      throw new WorkbenchError('not_found', `Run "${row.id}" has no class "${name}"; it has ${classes.join(', ')}.`)
    return index
  }
  const where = [row.id, split, indexOf(truth), indexOf(predicted)] as const
  const cell = 'FROM run_predictions WHERE run_id = ? AND split = ? AND truth = ? AND predicted = ?'
  const total = await db.get<{ n: number }>(`SELECT count(*) AS n ${cell}`, ...where)
  const rows = await db.all<{ sample_id: number; confidence: number; probabilities: string }>(
    `SELECT sample_id, confidence, probabilities ${cell} ORDER BY confidence DESC, sample_id LIMIT ?`,
    ...where,
    limit,
  )
  const predictions = rows.map((entry) => ({
    sampleId: entry.sample_id,
    truth,
    predicted,
    confidence: entry.confidence,
    probabilities: JSON.parse(entry.probabilities) as number[],
  }))
  return { total: total?.n ?? 0, predictions }
}

const noScores: SplitMetrics = { loss: null, accuracy: null, precision: null, recall: null, f1: null, rocAuc: null }

const count = async (db: Queries, runId: string) =>
  (
    await db.get<{ n: number }>(
      `SELECT (SELECT count(*) FROM run_predictions WHERE run_id = ?) + (SELECT count(*) FROM run_values WHERE run_id = ?) AS n`,
      runId,
      runId,
    )
  )?.n ?? 0

function requirePredictions(row: RunRow, stored: number) {
  if (stored > 0) return
  throw new WorkbenchError(
    'conflict',
    `Run "${row.name}" is ${row.status} and has no predictions yet. Results are there once it has finished or was stopped after an epoch.`,
  )
}
