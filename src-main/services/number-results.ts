import type { Split } from '@shared/schemas/dataset'
import type { Run, RunResults, SplitMetrics } from '@shared/schemas/run'
import type { Queries } from '../db/database'

/** Of more samples every n-th is shown: a scatter says no more with all of them. */
const mostPoints = 3000

const noMetrics: SplitMetrics = { loss: null, accuracy: null, precision: null, recall: null, f1: null, rocAuc: null }

/** What Compare shows of a run that predicts a number: its figures, and truth and prediction of the samples. */
export async function numberResults(
  db: Queries,
  { runId, metrics }: Pick<Run, 'runId' | 'metrics'>,
  split: Split,
): Promise<RunResults> {
  const labelled = 'FROM run_values WHERE run_id = ? AND split = ? AND truth IS NOT NULL'
  const counted = await db.get<{ n: number }>(`SELECT count(*) AS n ${labelled}`, runId, split)
  const sampleCount = counted?.n ?? 0
  const every = Math.max(1, Math.ceil(sampleCount / mostPoints))
  const rows = await db.all<{ sample_id: number; truth: number; value: number }>(
    `SELECT sample_id, truth, value FROM (SELECT *, row_number() OVER (ORDER BY sample_id) AS place ${labelled})
     WHERE place % ? = 0 ORDER BY sample_id`,
    runId,
    split,
    every,
  )
  return {
    runId,
    split,
    classes: [],
    sampleCount,
    metrics: metrics[split] ?? noMetrics,
    confusion: [],
    perClass: [],
    roc: null,
    calibration: null,
    brier: null,
    numbers: {
      sampleIds: rows.map(({ sample_id }) => sample_id),
      truth: rows.map(({ truth }) => truth),
      predicted: rows.map(({ value }) => value),
    },
  }
}
