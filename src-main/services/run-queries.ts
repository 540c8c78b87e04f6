import { join } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { GroupThresholds } from '@shared/schemas/fairness'
import type { Run, RunStatus, SplitMetrics } from '@shared/schemas/run'
import type { Task } from '@shared/schemas/dataset'
import type { Queries } from '../db/database'
import type { TrainOutcome } from '../ml/snapshot'
import type { WorkspacePaths } from './context'
import type { ThreadFacts, Threads } from './thread-choice'

export interface RunRow {
  id: string
  dataset_id: string
  dataset_name: string
  name: string
  family: string
  params: string
  seed: number
  status: RunStatus
  summary: string
  tags: string
  note: string
  created_at: number
  started_at: number | null
  ended_at: number | null
  trained_ms: number
  error: string | null
  epochs: number
}

/** What a run knows beyond its settings; grows from start to end, kept as one JSON value. */
export type RunSummary = Partial<Omit<TrainOutcome, 'status' | 'params'>> & {
  classes: string[]
  /** Classification where absent. */
  task?: Task
  /** Decide the number of threads, when the run begins. */
  threadFacts?: ThreadFacts
  /** Kept for a resumed run: with other threads sums are rounded otherwise. */
  threads?: Threads
  /** Of one forward pass on one sample; tells how fast other networks will be. */
  multiplyAdds?: number
  /** What the run was expected to need. */
  memoryBytes?: number
  /** That batches had to be made smaller on the way. */
  memoryNotice?: string
  sizeBytes?: number
  /** Kept by a person; predictions use them when asked to. */
  thresholds?: GroupThresholds
}

const selectRun = `
  SELECT runs.*, datasets.name AS dataset_name,
         (SELECT count(*) FROM run_epochs WHERE run_epochs.run_id = runs.id) AS epochs
  FROM runs JOIN datasets ON datasets.id = runs.dataset_id`

/** Newest first. */
export function listRunRows(db: Queries, datasetId: string | null): Promise<RunRow[]> {
  const order = 'ORDER BY runs.created_at DESC, runs.rowid DESC'
  return datasetId
    ? db.all<RunRow>(`${selectRun} WHERE dataset_id = ? ${order}`, datasetId)
    : db.all<RunRow>(`${selectRun} ${order}`)
}

/** A run by its id, a beginning of it that fits one run only, or its name (the newest of that name). */
export async function resolveRun(db: Queries, ref: string): Promise<RunRow> {
  const exact = await db.get<RunRow>(`${selectRun} WHERE runs.id = ?`, ref)
  if (exact) return exact
  const named = await db.get<RunRow>(`${selectRun} WHERE runs.name = ? ORDER BY runs.created_at DESC`, ref)
  if (named) return named
  const begun =
    ref.length >= 4 ? await db.all<RunRow>(`${selectRun} WHERE substr(runs.id, 1, ?) = ?`, ref.length, ref) : []
  if (begun.length === 1) return begun[0]!
  throw new WorkbenchError('not_found', `No run "${ref}". Expected a run's id or name; list them with "runs".`)
}

export const runFolder = (paths: Pick<WorkspacePaths, 'runs'>, runId: string) => join(paths.runs, runId)

export const noMetrics: Record<'train' | 'validation' | 'test', SplitMetrics | null> = {
  train: null,
  validation: null,
  test: null,
}

const resumable: ReadonlySet<RunStatus> = new Set(['stopped', 'interrupted', 'failed'])

export function toRun(row: RunRow): Run {
  const summary = JSON.parse(row.summary) as RunSummary
  return {
    runId: row.id,
    name: row.name,
    status: row.status,
    datasetId: row.dataset_id,
    datasetName: row.dataset_name,
    task: summary.task ?? 'classification',
    family: row.family,
    params: JSON.parse(row.params),
    seed: row.seed,
    epochs: row.epochs,
    bestEpoch: summary.bestEpoch ?? null,
    samplesPerSecond: summary.samplesPerSecond ?? null,
    metrics: summary.metrics ?? noMetrics,
    baseline: summary.baseline ?? { majorityAccuracy: null },
    ...(summary.interval && { interval: summary.interval }),
    parameterCount: summary.parameterCount ?? null,
    device: summary.device ?? null,
    threads: summary.threads ?? null,
    classes: summary.classes ?? [],
    tags: JSON.parse(row.tags),
    note: row.note,
    notices: [...(summary.memoryNotice ? [summary.memoryNotice] : []), ...(summary.notices ?? [])],
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    durationMs: row.trained_ms || null,
    sizeBytes: summary.sizeBytes ?? 0,
    ...(summary.thresholds && { thresholds: summary.thresholds }),
    isResumable: resumable.has(row.status),
    error: row.error,
  }
}

export const loadRun = async ({ db }: { db: Queries }, runId: string): Promise<Run> =>
  toRun(await resolveRun(db, runId))
