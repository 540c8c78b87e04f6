import { randomUUID } from 'node:crypto'
import type { Service } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'
import type { Task } from '@shared/schemas/dataset'
import type { EpochEnded, Params, Run } from '@shared/schemas/run'
import { SweepSpec, type Sweep } from '@shared/schemas/sweep'
import type { ServiceContext } from './context'
import { resolveDataset } from './dataset-queries'
import type { RunService } from './run-service'
import { listSweepRows, loadSweep, resolveSweep, trialsOf, type SweepRow, type TrialRow } from './sweep-queries'
import { isPromising, planTrials, rungs } from './sweep-space'

type SweepRef = { sweep: string }

const never = new AbortController().signal

const objectiveFor = (task: Task, asked: SweepSpec['objective']): SweepSpec['objective'] => {
  if (task === 'regression') return asked === 'accuracy' ? 'mae' : asked
  if (asked !== 'mae') return asked
  throw new WorkbenchError('invalid_input', 'A mean absolute error is of numbers; choose accuracy or loss.')
}

/**
 * Tries many settings: plans the trials of a sweep, starts their runs as others end, stops those that fall behind. Every
 * trial is a run like any other. What is known lies in the database, so a sweep goes on after a restart.
 */
export class SweepService implements Service<'sweeps'> {
  /** One decision after the other: two runs that end at once must not both start the next trial. */
  #turn: Promise<void> = Promise.resolve()
  /** By run: the epochs after which it is looked at; none where its sweep stops nothing. Most epochs then cost no query. */
  readonly #rungsOf = new Map<string, number[]>()
  #isClosed = false

  constructor(
    private readonly context: ServiceContext,
    private readonly runs: RunService,
  ) {}

  /** A sweep found running at start-up died with the program; resume it to go on. */
  async recover(): Promise<void> {
    await this.context.db.run("UPDATE sweeps SET status = 'interrupted' WHERE status = 'running'")
  }

  close(): void {
    this.#isClosed = true
  }

  async list({ dataset }: { dataset?: string }): Promise<Sweep[]> {
    const datasetId = dataset === undefined ? null : (await resolveDataset(this.context.db, dataset)).id
    const rows = await listSweepRows(this.context.db, datasetId)
    return Promise.all(rows.map((row) => loadSweep(this.context.db, row.id)))
  }

  async get({ sweep }: SweepRef): Promise<Sweep> {
    return loadSweep(this.context.db, (await resolveSweep(this.context.db, sweep)).id)
  }

  async start(asked: SweepSpec, signal: AbortSignal): Promise<Sweep> {
    const { db } = this.context
    const dataset = await resolveDataset(db, asked.dataset)
    const spec = { ...asked, objective: objectiveFor(dataset.task, asked.objective) }
    const trials = planTrials(spec)
    await this.#requireValidation(dataset.id)
    await this.#requireOnePossible(spec, trials[0]!.params, signal)
    const id = randomUUID().slice(0, 8)
    const name = spec.name ?? (await this.#freshName(spec.family))
    await db.transaction(async (tx) => {
      await tx.run(
        "INSERT INTO sweeps (id, dataset_id, name, spec, status, created_at) VALUES (?, ?, ?, ?, 'running', ?)",
        id,
        dataset.id,
        name,
        JSON.stringify({ ...spec, dataset: dataset.id }),
        Date.now(),
      )
      for (const { index, config, seed, params } of trials)
        await tx.run(
          "INSERT INTO sweep_trials (sweep_id, idx, config, seed, params, state) VALUES (?, ?, ?, ?, ?, 'waiting')",
          id,
          index,
          config,
          seed,
          JSON.stringify(params),
        )
    })
    await this.#take(() => this.#fill(id))
    return this.#announce(id)
  }

  async stop({ sweep }: SweepRef): Promise<Sweep> {
    const { id, status } = await resolveSweep(this.context.db, sweep)
    if (status !== 'running') throw new WorkbenchError('conflict', `Sweep "${sweep}" is ${status}; nothing is to stop.`)
    await this.#take(async () => {
      await this.#setStatus(id, 'stopped')
      for (const { idx, run_id } of await trialsOf(this.context.db, id, 'running')) {
        await this.#setTrial(id, idx, 'stopped')
        if (run_id) await this.#stopRun(run_id)
      }
    })
    return this.#announce(id)
  }

  async resume({ sweep }: SweepRef): Promise<Sweep> {
    const { id, status } = await resolveSweep(this.context.db, sweep)
    if (status !== 'stopped' && status !== 'interrupted')
      throw new WorkbenchError('conflict', `Sweep "${sweep}" is ${status}; only a stopped one can be resumed.`)
    await this.#take(async () => {
      await this.#setStatus(id, 'running')
      for (const trial of await trialsOf(this.context.db, id, 'running', 'stopped')) await this.#resumeTrial(id, trial)
      await this.#fill(id)
    })
    return this.#announce(id)
  }

  async delete({ sweep, runs }: SweepRef & { runs: boolean }): Promise<{ freedBytes: number }> {
    const { db, emit } = this.context
    const { id, status } = await resolveSweep(db, sweep)
    if (status === 'running') throw new WorkbenchError('conflict', `Sweep "${sweep}" is running. Stop it first.`)
    let freedBytes = 0
    const members = runs ? await trialsOf(db, id) : []
    for (const { run_id } of members) if (run_id) freedBytes += (await this.runs.delete({ run: run_id })).freedBytes
    await db.run('DELETE FROM sweeps WHERE id = ?', id)
    emit('sweeps.deleted', { sweepId: id })
    return { freedBytes }
  }

  /** To be told of every change of a run: a trial that ended is scored, and the next one starts. */
  onRunChanged(run: Run): void {
    if (run.status === 'queued' || run.status === 'running') return
    this.#rungsOf.delete(run.runId)
    void this.#take(async () => {
      const trial = await this.#trialOf(run.runId)
      if (!trial) return
      await this.#score(trial, run)
      const { status } = await resolveSweep(this.context.db, trial.sweep_id)
      if (status === 'running') await this.#fill(trial.sweep_id)
      await this.#announce(trial.sweep_id)
    })
  }

  /** To be told of every epoch: what falls behind at a rung is stopped. */
  onEpochEnded({ runId, epoch }: EpochEnded): void {
    if (this.#rungsOf.get(runId)?.includes(epoch) === false) return
    void this.#take(async () => {
      const trial = await this.#trialOf(runId)
      if (trial?.state !== 'running') return
      const { strategy, objective } = await this.#specOf(trial.sweep_id)
      const { params } = await this.runs.get({ run: runId })
      const own = strategy === 'halving' ? rungs(Number(params['epochs'])) : []
      this.#rungsOf.set(runId, own)
      if (!own.includes(epoch)) return
      const scores = await this.#scoresAt(trial.sweep_id, epoch, objective)
      const score = scores.get(runId)
      if (score === undefined || isPromising(score, [...scores.values()])) return
      await this.#setTrial(trial.sweep_id, trial.idx, 'pruned')
      await this.#stopRun(runId)
    })
  }

  #take(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(() => (this.#isClosed ? undefined : work()))
    this.#turn = done.catch((error: Error) => this.context.log('error', 'sweep', error.message))
    return done
  }

  /** Starts waiting trials until as many run as the settings allow; closes the sweep when none is left. */
  async #fill(id: string): Promise<void> {
    const { db } = this.context
    const { parallelRuns } = await this.context.settings()
    const running = await trialsOf(db, id, 'running')
    const waiting = await trialsOf(db, id, 'waiting')
    let count = running.length
    for (const trial of waiting) {
      if (count >= parallelRuns) return
      if (await this.#startTrial(id, trial)) count++
    }
    if (count === 0) await this.#setStatus(id, 'finished')
  }

  /** False where its settings cannot be trained; the sweep goes on with the others. */
  async #startTrial(id: string, trial: TrialRow): Promise<boolean> {
    const { db } = this.context
    const { name, spec: text } = await resolveSweep(db, id)
    const spec = SweepSpec.parse(JSON.parse(text))
    try {
      const params = { ...spec.params, ...(JSON.parse(trial.params) as Params), seed: trial.seed }
      const { dataset, family, preset } = spec
      const run = await this.runs.start({ dataset, family, preset, params, name: `${name} · ${trial.idx + 1}` }, never)
      await db.run(
        "UPDATE sweep_trials SET run_id = ?, state = 'running' WHERE sweep_id = ? AND idx = ?",
        run.runId,
        id,
        trial.idx,
      )
      await this.runs.update({ run: run.runId, tags: [name] })
      return true
    } catch (error) {
      await this.#setTrial(id, trial.idx, 'failed', (error as Error).message)
      return false
    }
  }

  async #resumeTrial(id: string, { idx, run_id }: TrialRow): Promise<void> {
    const run = run_id ? await this.runs.get({ run: run_id }).catch(() => null) : null
    if (!run) return this.#setTrial(id, idx, 'waiting')
    if (run.isResumable) await this.runs.resume({ run: run.runId })
    await this.#setTrial(id, idx, run.isResumable ? 'running' : 'finished')
  }

  /** `conflict` says that it has ended meanwhile, which is as good. */
  async #stopRun(runId: string): Promise<void> {
    try {
      await this.runs.stop({ run: runId })
    } catch (error) {
      if (!(error instanceof WorkbenchError) || error.code !== 'conflict') throw error
    }
  }

  async #score(trial: TrialRow, run: Run): Promise<void> {
    const { objective } = await this.#specOf(trial.sweep_id)
    const ends = { finished: 'finished', failed: 'failed' } as const
    const state = run.status === 'finished' || run.status === 'failed' ? ends[run.status] : 'stopped'
    await this.context.db.run(
      'UPDATE sweep_trials SET state = ?, score = ?, epochs = ?, reason = ? WHERE sweep_id = ? AND idx = ?',
      trial.state === 'pruned' ? 'pruned' : state,
      run.metrics.validation?.[objective] ?? null,
      run.epochs,
      run.error,
      trial.sweep_id,
      trial.idx,
    )
  }

  /** Scores after `epoch` of all trials that reached it, larger is better. */
  async #scoresAt(id: string, epoch: number, objective: SweepSpec['objective']): Promise<Map<string, number>> {
    const rows = await this.context.db.all<{ run_id: string; record: string }>(
      `SELECT run_epochs.run_id, record FROM run_epochs JOIN sweep_trials USING (run_id)
       WHERE sweep_id = ? AND epoch = ?`,
      id,
      epoch,
    )
    const scores = rows.flatMap(({ run_id, record }) => {
      const value = (JSON.parse(record) as EpochEnded).validation?.[objective]
      return value == null ? [] : [[run_id, objective === 'accuracy' ? value : -value] as const]
    })
    return new Map(scores)
  }

  async #trialOf(runId: string): Promise<TrialRow | undefined> {
    return this.context.db.get('SELECT * FROM sweep_trials WHERE run_id = ?', runId)
  }

  async #specOf(id: string): Promise<SweepSpec> {
    return SweepSpec.parse(JSON.parse((await resolveSweep(this.context.db, id)).spec))
  }

  async #setTrial(id: string, index: number, state: TrialRow['state'], reason: string | null = null): Promise<void> {
    await this.context.db.run(
      'UPDATE sweep_trials SET state = ?, reason = ? WHERE sweep_id = ? AND idx = ?',
      state,
      reason,
      id,
      index,
    )
  }

  async #setStatus(id: string, status: SweepRow['status']): Promise<void> {
    const endedAt = status === 'running' ? null : Date.now()
    await this.context.db.run('UPDATE sweeps SET status = ?, ended_at = ? WHERE id = ?', status, endedAt, id)
  }

  async #requireValidation(datasetId: string): Promise<void> {
    const row = await this.context.db.get<{ n: number }>(
      "SELECT count(*) AS n FROM samples WHERE dataset_id = ? AND split = 'validation'",
      datasetId,
    )
    if ((row?.n ?? 0) > 0) return
    throw new WorkbenchError(
      'invalid_input',
      'A sweep compares runs on the validation split, and it is empty. Split the dataset with a validation share first.',
    )
  }

  /** A setting that the family does not know would fail every trial: it is told before the start. */
  async #requireOnePossible({ dataset, family, preset, params }: SweepSpec, first: Params, signal: AbortSignal) {
    await this.runs.plan({ dataset, family, preset, params: { ...params, ...first } }, signal)
  }

  async #freshName(family: string): Promise<string> {
    const taken = new Set((await listSweepRows(this.context.db, null)).map(({ name }) => name))
    for (let n = 1; ; n++) if (!taken.has(`${family} sweep ${n}`)) return `${family} sweep ${n}`
  }

  async #announce(id: string): Promise<Sweep> {
    const sweep = await loadSweep(this.context.db, id)
    this.context.emit('sweeps.changed', sweep)
    return sweep
  }
}
