import { randomUUID } from 'node:crypto'
import { access, rename } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Service } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'
import type {
  ExportFormat,
  Comparison,
  EpochEnded,
  Plan,
  Prediction,
  Run,
  RunResults,
  RunSpec,
} from '@shared/schemas/run'
import { isRows } from '@shared/modalities'
import { isTextFile } from '@shared/texts'
import type { FieldValue, Split } from '@shared/schemas/dataset'
import type { GroupThresholds } from '@shared/schemas/fairness'
import type { Queries } from '../db/database'
import type { ServiceContext } from './context'
import { loadDataset, resolveDataset, resolveSample, samplePath, type SampleRow } from './dataset-queries'
import { compareRuns } from './run-compare'
import { listRunRows, loadRun, resolveRun, runFolder, toRun, type RunRow, type RunSummary } from './run-queries'
import { estimated } from './run-estimate'
import { removeFolder, RunQueue } from './run-queue'
import { threadFacts } from './thread-choice'
import { cellOfRun, resultsOfRun } from './run-results'
import { planInput, snapshotPath, writeSnapshot } from './run-snapshot'

type RunRef = { run: string }

/** Runs from the plan to their end: settings checked, data pinned, trained in a process of its own, results read. */
export class RunService implements Service<'runs'> {
  readonly #queue: RunQueue

  constructor(private readonly context: ServiceContext) {
    this.#queue = new RunQueue(context)
  }

  /** A run found running at start-up died with the program: it says so, and can be resumed. */
  async recover(): Promise<void> {
    await this.context.db.run(
      `UPDATE runs SET status = 'interrupted', ended_at = ?,
              error = 'Pellucid was closed or ended while this run was going. Resume it to go on from its last checkpoint.'
       WHERE status IN ('running', 'queued')`,
      Date.now(),
    )
  }

  /** Ids of runs that train or evaluate now. */
  get activeIds(): string[] {
    return this.#queue.activeIds
  }

  close(waitMs?: number): Promise<void> {
    return this.#queue.close(waitMs)
  }

  async list({ dataset }: { dataset?: string }): Promise<Run[]> {
    const datasetId = dataset === undefined ? null : (await resolveDataset(this.context.db, dataset)).id
    return (await listRunRows(this.context.db, datasetId)).map(toRun)
  }

  async get({ run }: RunRef): Promise<Run> {
    return toRun(await resolveRun(this.context.db, run))
  }

  async plan({ dataset, family, params, preset }: RunSpec, signal: AbortSignal): Promise<Plan> {
    const row = await resolveDataset(this.context.db, dataset)
    const snapshot = await planInput(this.context.db, row)
    const plan = await this.context.jobs.run('engine', 'plan', { family, params, preset, snapshot }, { signal })
    return estimated(this.context.db, family, snapshot.splits.train, plan)
  }

  async augmentPreview(
    { dataset, family, params, sample, count }: RunSpec & { sample?: string; count: number },
    signal: AbortSignal,
  ): Promise<{ images: string[] }> {
    const { db, jobs } = this.context
    const row = await resolveDataset(db, dataset)
    if (row.modality !== 'image')
      throw new WorkbenchError('incompatible', 'Augmentation is for pictures; this dataset holds others.')
    const picture = sample
      ? await resolveSample(db, row.id, sample)
      : await db.get<SampleRow>(
          "SELECT * FROM samples WHERE dataset_id = ? AND state = 'ok' ORDER BY row LIMIT 1",
          row.id,
        )
    if (!picture) throw new WorkbenchError('not_found', 'This dataset has no picture to preview; import some first.')
    const snapshot = await planInput(db, row)
    return jobs.run(
      'engine',
      'augment-preview',
      { family, params, path: samplePath(row, picture), snapshot, count },
      { signal },
    )
  }

  async start(spec: RunSpec, signal: AbortSignal): Promise<Run> {
    const { db, paths } = this.context
    const dataset = await resolveDataset(db, spec.dataset)
    const plan = await this.plan(spec, signal)
    if (plan.problems.length > 0) {
      const reasons = plan.problems.map(({ message }) => message).join(' ')
      throw new WorkbenchError('invalid_input', `This run cannot start. ${reasons}`, plan.problems)
    }
    const reweighBy = await reweighField(db, dataset.id, plan.params)
    const runId = randomUUID().slice(0, 8)
    const folder = runFolder(paths, runId)
    try {
      const { classes, task } = await writeSnapshot(this.context, dataset, snapshotPath(folder), reweighBy)
      const name = spec.name ?? (await this.#freshName(dataset.id, spec.family))
      const summary: RunSummary = {
        classes,
        task,
        parameterCount: plan.parameterCount,
        multiplyAdds: plan.estimate?.multiplyAdds,
        memoryBytes: plan.estimate?.memoryBytes,
        threadFacts: threadFacts(spec.family, plan, dataset.modality !== 'graph'),
      }
      await db.run(
        `INSERT INTO runs (id, dataset_id, name, family, params, seed, status, summary, created_at)
         VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?)`,
        runId,
        dataset.id,
        name,
        spec.family,
        JSON.stringify(plan.params),
        Number(plan.params['seed'] ?? 1),
        JSON.stringify(summary),
        Date.now(),
      )
    } catch (error) {
      await removeFolder(folder)
      throw error
    }
    const run = await this.#announce(runId)
    this.#queue.push(runId, false)
    return run
  }

  async stop({ run }: RunRef): Promise<Run> {
    const { id, status } = await resolveRun(this.context.db, run)
    if (status !== 'running' && status !== 'queued') {
      throw new WorkbenchError('conflict', `Run "${run}" is ${status}; only a queued or running one can be stopped.`)
    }
    await this.#queue.stop(id)
    return loadRun(this.context, id)
  }

  async resume({ run }: RunRef): Promise<Run> {
    const { db, paths } = this.context
    const row = await resolveRun(db, run)
    if (!toRun(row).isResumable || this.#queue.isBusy(row.id)) {
      throw new WorkbenchError(
        'conflict',
        `Run "${run}" is ${row.status}; only a stopped, interrupted or failed one can be resumed.`,
      )
    }
    await access(snapshotPath(runFolder(paths, row.id))).catch(() => {
      throw new WorkbenchError(
        'not_found',
        `The files of run "${run}" are gone, so it cannot be resumed. Start a new one.`,
      )
    })
    await db.run(
      `UPDATE runs SET status = 'queued', error = NULL, ended_at = NULL, summary = json_remove(summary, '$.thresholds')
       WHERE id = ?`,
      row.id,
    )
    const resumed = await this.#announce(row.id)
    this.#queue.push(row.id, true)
    return resumed
  }

  async delete({ run }: RunRef): Promise<{ freedBytes: number }> {
    const { db, paths, emit } = this.context
    const { id } = await resolveRun(db, run)
    if (this.#queue.isBusy(id))
      throw new WorkbenchError('conflict', `Run "${run}" is still going. Stop it first, then delete it.`)
    // Out of sight first: a row without a folder is cleaned at once, a folder without a row would stay for ever.
    const folder = runFolder(paths, id)
    const doomed = `${folder}.deleted`
    await rename(folder, doomed).catch(() => {})
    await db.run('DELETE FROM runs WHERE id = ?', id)
    emit('runs.deleted', { runId: id })
    return { freedBytes: await removeFolder(doomed) }
  }

  async update({ run, name, tags, note }: RunRef & { name?: string; tags?: string[]; note?: string }): Promise<Run> {
    const row = await resolveRun(this.context.db, run)
    await this.context.db.run(
      'UPDATE runs SET name = ?, tags = ?, note = ? WHERE id = ?',
      name ?? row.name,
      tags ? JSON.stringify([...new Set(tags.map((tag) => tag.trim()).filter(Boolean))]) : row.tags,
      note ?? row.note,
      row.id,
    )
    return this.#announce(row.id)
  }

  async history({ run }: RunRef): Promise<EpochEnded[]> {
    const { id } = await resolveRun(this.context.db, run)
    const rows = await this.context.db.all<{ record: string }>(
      'SELECT record FROM run_epochs WHERE run_id = ? ORDER BY epoch',
      id,
    )
    return rows.map((row) => JSON.parse(row.record) as EpochEnded)
  }

  async results({ run, split }: RunRef & { split: Split }): Promise<RunResults> {
    return resultsOfRun(this.context.db, await resolveRun(this.context.db, run), split)
  }

  async cell(input: RunRef & { split: Split; truth: string; predicted: string; limit: number }) {
    return cellOfRun(this.context.db, await resolveRun(this.context.db, input.run), input)
  }

  async compare({ runs, split }: { runs: string[]; split: Split }): Promise<Comparison> {
    const rows: RunRow[] = []
    for (const ref of runs) rows.push(await resolveRun(this.context.db, ref))
    return compareRuns(this.context.db, rows, split)
  }

  async predict(
    {
      run,
      files,
      rows,
      texts = [],
      thresholds,
    }: RunRef & { files: string[]; rows: Record<string, FieldValue>[]; texts?: string[]; thresholds: boolean },
    signal: AbortSignal,
  ): Promise<Prediction[]> {
    if (files.length + rows.length + texts.length === 0)
      throw new WorkbenchError('invalid_input', 'Nothing to predict: name at least one file.')
    const runDir = await this.#trainedFolder(run)
    return this.context.jobs.run(
      'engine',
      'predict',
      { runDir, files, rows, texts, ...(await this.#kept(run, thresholds)) },
      { signal },
    )
  }

  async predictToCsv(
    {
      run,
      files,
      out,
      thresholds,
      taskId,
    }: RunRef & { files: string[]; out: string; thresholds: boolean; taskId?: string },
    signal: AbortSignal,
  ): Promise<{ count: number; files: string[] }> {
    const { jobs, tasks, db } = this.context
    const runDir = await this.#trainedFolder(run)
    const { modality } = await resolveDataset(db, (await resolveRun(db, run)).dataset_id)
    if (isRows(modality) && files.length > 1 && !(modality === 'text' && files.every(isTextFile)))
      throw new WorkbenchError('invalid_input', `Expected one table, got ${files.length} files. Predict one at a time.`)
    const path = resolve(/\.csv$/i.test(out) ? out : `${out}.csv`)
    if (files.some((file) => resolve(file) === path))
      throw new WorkbenchError('conflict', `${path} is the file to predict; choose another name for the answers.`)
    const kept = await this.#kept(run, thresholds)
    return tasks.run({ taskId, title: 'Predicting', unit: 'samples' }, signal, (inner, progress) =>
      jobs.run(
        'engine',
        'predict-to-csv',
        { runDir, files, out: path, ...kept },
        { signal: inner, onEvent: ({ done, total }) => progress(done, total) },
      ),
    )
  }

  async export({ run, format, out }: RunRef & { format: ExportFormat; out: string }, signal: AbortSignal) {
    const runDir = await this.#trainedFolder(run)
    return this.context.jobs.run('engine', 'export', { runDir, format, out }, { signal })
  }

  /** What is kept with a run for its predictions: the interval around a number, and thresholds where they are asked for. */
  async #kept(ref: string, isAsked: boolean): Promise<{ thresholds?: GroupThresholds; halfWidth?: number }> {
    const { thresholds, interval } = await this.get({ run: ref })
    if (!isAsked) return { halfWidth: interval?.halfWidth }
    if (thresholds) return { thresholds }
    throw new WorkbenchError(
      'conflict',
      `No group thresholds are kept with run "${ref}". Find some on the Audit screen, or with "mitigate --keep".`,
    )
  }

  async #trainedFolder(ref: string): Promise<string> {
    const row = await resolveRun(this.context.db, ref)
    if (row.epochs === 0)
      throw new WorkbenchError(
        'conflict',
        `Run "${ref}" is ${row.status} and has no finished epoch yet; train it first.`,
      )
    return runFolder(this.context.paths, row.id)
  }

  async #freshName(datasetId: string, family: string): Promise<string> {
    const row = await this.context.db.get<{ n: number }>(
      'SELECT count(*) AS n FROM runs WHERE dataset_id = ? AND family = ?',
      datasetId,
      family,
    )
    const taken = new Set((await listRunRows(this.context.db, null)).map((run) => run.name))
    for (let n = (row?.n ?? 0) + 1; ; n++) if (!taken.has(`${family} ${n}`)) return `${family} ${n}`
  }

  async #announce(runId: string): Promise<Run> {
    const run = await loadRun(this.context, runId)
    this.context.emit('runs.changed', run)
    return run
  }
}

/** The field that a run reweighs by, checked; null for none. */
async function reweighField(db: Queries, datasetId: string, params: Plan['params']): Promise<string | null> {
  const { reweigh } = params
  if (typeof reweigh !== 'string' || reweigh === '') return null
  const { fields, target } = await loadDataset(db, datasetId)
  const usable = fields.filter(({ name, kind }) => name !== target && (kind === 'category' || kind === 'boolean'))
  if (usable.some(({ name }) => name === reweigh)) return reweigh
  throw new WorkbenchError(
    'invalid_input',
    `"${reweigh}" has no groups to reweigh by. Fields with groups: ${usable.map(({ name }) => name).join(', ') || 'none; derive one first'}.`,
  )
}
