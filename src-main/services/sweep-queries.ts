import { WorkbenchError } from '@shared/errors'
import { SweepSpec, type Sweep, type SweepTrial } from '@shared/schemas/sweep'
import type { Queries } from '../db/database'
import { configsOf, importanceOf } from './sweep-summary'

export interface SweepRow {
  id: string
  dataset_id: string
  dataset_name: string
  name: string
  spec: string
  status: Sweep['status']
  created_at: number
  ended_at: number | null
}

export interface TrialRow {
  sweep_id: string
  idx: number
  config: number
  seed: number
  params: string
  run_id: string | null
  state: SweepTrial['state']
  score: number | null
  epochs: number
  reason: string | null
}

const selectSweep = `
  SELECT sweeps.*, datasets.name AS dataset_name
  FROM sweeps JOIN datasets ON datasets.id = sweeps.dataset_id`

/** Newest first. */
export function listSweepRows(db: Queries, datasetId: string | null): Promise<SweepRow[]> {
  const order = 'ORDER BY sweeps.created_at DESC, sweeps.rowid DESC'
  return datasetId
    ? db.all<SweepRow>(`${selectSweep} WHERE dataset_id = ? ${order}`, datasetId)
    : db.all<SweepRow>(`${selectSweep} ${order}`)
}

/** A sweep by its id or its name (the newest of that name). */
export async function resolveSweep(db: Queries, ref: string): Promise<SweepRow> {
  const exact = await db.get<SweepRow>(`${selectSweep} WHERE sweeps.id = ?`, ref)
  if (exact) return exact
  const named = await db.get<SweepRow>(`${selectSweep} WHERE sweeps.name = ? ORDER BY sweeps.created_at DESC`, ref)
  if (named) return named
  throw new WorkbenchError('not_found', `No sweep "${ref}". Expected a sweep's id or name; list them with "sweeps".`)
}

/** Trials in order; of these states only, when some are named. */
export function trialsOf(db: Queries, sweepId: string, ...states: SweepTrial['state'][]): Promise<TrialRow[]> {
  const among = states.length > 0 ? `AND state IN (${states.map(() => '?').join(', ')})` : ''
  return db.all<TrialRow>(`SELECT * FROM sweep_trials WHERE sweep_id = ? ${among} ORDER BY idx`, sweepId, ...states)
}

export async function loadSweep(db: Queries, id: string): Promise<Sweep> {
  const row = await resolveSweep(db, id)
  const spec = SweepSpec.parse(JSON.parse(row.spec))
  const trials = (await trialsOf(db, row.id)).map(toTrial)
  return {
    sweepId: row.id,
    name: row.name,
    datasetId: row.dataset_id,
    datasetName: row.dataset_name,
    status: row.status,
    spec,
    trials,
    configs: configsOf(trials, spec.objective),
    importance: importanceOf(trials, Object.keys(spec.space)),
    createdAt: row.created_at,
    endedAt: row.ended_at,
  }
}

const toTrial = ({ idx, run_id, params, ...rest }: TrialRow): SweepTrial => ({
  index: idx,
  runId: run_id,
  params: JSON.parse(params),
  config: rest.config,
  seed: rest.seed,
  state: rest.state,
  score: rest.score,
  epochs: rest.epochs,
  reason: rest.reason,
})
