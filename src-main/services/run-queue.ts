import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { toErrorReply } from '@shared/errors'
import type { EpochEnded, Params, RunStatus } from '@shared/schemas/run'
import type { Jobs, StoredPredictionRow } from '../worker/protocol'
import type { Queries } from '../db/database'
import type { ServiceContext } from './context'
import { loadRun, resolveRun, runFolder, type RunRow, type RunSummary } from './run-queries'
import { availableMemory } from './run-estimate'
import { chooseThreads, threadEnv, type Threads } from './thread-choice'

/** A stopped run still evaluates all splits once, so it gets longer than other jobs to end by itself. */
const stopGraceMs = 60_000

/** Trains queued runs, oldest first, as many at a time as the settings allow (one by default). */
export class RunQueue {
  readonly #active = new Map<string, { controller: AbortController; ended: Promise<void> }>()
  readonly #waiting: { runId: string; resume: boolean }[] = []
  #isPumping = false
  #isClosed = false

  constructor(private readonly context: ServiceContext) {}

  get activeIds(): string[] {
    return [...this.#active.keys()]
  }

  isBusy(runId: string): boolean {
    return this.#active.has(runId) || this.#waiting.some((entry) => entry.runId === runId)
  }

  push(runId: string, resume: boolean): void {
    this.#waiting.push({ runId, resume })
    void this.#pump()
  }

  /** Stops a run: one that waits is closed at once, one that trains ends after its current step, checkpoint kept. */
  async stop(runId: string): Promise<void> {
    const index = this.#waiting.findIndex((entry) => entry.runId === runId)
    if (index >= 0) {
      this.#waiting.splice(index, 1)
      await this.#close(runId, 'stopped', null, null)
    }
    this.#active.get(runId)?.controller.abort()
  }

  /** Stops everything, waiting up to `waitMs` for clean ends; what is left is marked interrupted. */
  async close(waitMs = 8000): Promise<void> {
    this.#isClosed = true
    for (const { runId } of this.#waiting.splice(0)) await this.#close(runId, 'interrupted', null, null)
    const ends = [...this.#active.values()].map(({ controller, ended }) => (controller.abort(), ended))
    if (ends.length === 0) return
    await Promise.race([Promise.all(ends), new Promise((resolve) => setTimeout(resolve, waitMs).unref())])
    for (const runId of this.#active.keys()) await this.#close(runId, 'interrupted', null, null)
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return
    this.#isPumping = true
    try {
      const { parallelRuns } = await this.context.settings()
      while (!this.#isClosed && this.#waiting.length > 0 && this.#active.size < parallelRuns) {
        const { runId, resume } = this.#waiting.shift()!
        const controller = new AbortController()
        const ended = this.#train(runId, resume, controller.signal).finally(() => {
          this.#active.delete(runId)
          void this.#pump()
        })
        this.#active.set(runId, { controller, ended })
      }
    } finally {
      this.#isPumping = false
    }
  }

  async #train(runId: string, resume: boolean, signal: AbortSignal): Promise<void> {
    const { db, jobs, emit, paths, log } = this.context
    const startedAt = Date.now()
    let writes = Promise.resolve() // epochs and predictions are stored in order, all before the run is closed
    const store = (work: () => Promise<void>) => {
      writes = writes.then(work)
      writes.catch(() => {}) // rethrown when awaited below
    }
    try {
      const row = await resolveRun(db, runId)
      if (!resume) await db.run('DELETE FROM run_epochs WHERE run_id = ?', runId)
      await db.run(
        "UPDATE runs SET status = 'running', started_at = coalesce(started_at, ?), error = NULL WHERE id = ?",
        startedAt,
        runId,
      )
      await this.#changed(runId)
      const runDir = runFolder(paths, runId)
      await mkdir(runDir, { recursive: true })
      const threads = await this.#threads(row, signal)
      let isFirstBatch = true
      const outcome = await this.#whatFits(row, resume, (params, isGoingOn) =>
        jobs.run(
          'train',
          'train',
          { runId, runDir, family: row.family, params, resume: isGoingOn, cacheDir: paths.cache },
          {
            signal,
            graceMs: stopGraceMs,
            env: threads ? threadEnv(threads) : {},
            onEvent: (event) => {
              if (event.kind === 'progress') emit('runs.progressed', event.progress)
              if (event.kind === 'notice') log('info', `run ${runId}`, event.text)
              if (event.kind === 'epoch') store(() => this.#storeEpoch(event.epoch))
              if (event.kind === 'predictions') {
                const replace = isFirstBatch
                isFirstBatch = false
                store(() => this.#storePredictions(runId, event.rows, replace))
              }
            },
          },
        ),
      )
      await writes
      await this.#close(runId, outcome.status, outcome, null, startedAt)
    } catch (error) {
      await writes.catch(() => {})
      const reply = toErrorReply(error)
      if (reply.code === 'cancelled')
        return this.#close(runId, this.#isClosed ? 'interrupted' : 'stopped', null, null, startedAt)
      log('error', `run ${runId}`, reply.message)
      await this.#close(runId, 'failed', null, reply.message, startedAt)
    }
  }

  /**
   * Trains in a process; when that runs out of memory, in another one with batches of half the size, from the last
   * checkpoint, and says so.
   */
  async #whatFits(
    row: RunRow,
    resume: boolean,
    train: (params: Params, resume: boolean) => Promise<Jobs['train']['output']>,
  ): Promise<Jobs['train']['output']> {
    const { db, log } = this.context
    let params = JSON.parse(row.params) as Params
    for (let isGoingOn = resume; ; isGoingOn = true) {
      try {
        return await train(params, isGoingOn)
      } catch (error) {
        const batchSize = Math.floor(Number(params['batchSize']) / 2)
        if (!(batchSize >= 1) || !(await this.#ranOutOfMemory(row.id, error))) throw error
        params = { ...params, batchSize }
        const notice = `A batch did not fit into memory, so the run went on with batches of ${batchSize}.`
        log('warn', `run ${row.id}`, notice)
        await db.run(
          `UPDATE runs SET params = ?, summary = json_set(summary, '$.memoryNotice', ?) WHERE id = ?`,
          JSON.stringify(params),
          notice,
          row.id,
        )
        await this.#changed(row.id)
      }
    }
  }

  /** Said so by the engine, or its process died at a size that cannot fit: native code is not always told in time. */
  async #ranOutOfMemory(runId: string, error: unknown): Promise<boolean> {
    const { code } = toErrorReply(error)
    if (code === 'out_of_memory') return true
    const { summary } = await resolveRun(this.context.db, runId)
    const { memoryBytes = 0 } = JSON.parse(summary) as RunSummary
    return code === 'worker_crashed' && memoryBytes > (await availableMemory())
  }

  /** Those that the run began with, else chosen now and kept; null leaves it to the engine. */
  async #threads(row: RunRow, signal: AbortSignal): Promise<Threads | null> {
    const { db } = this.context
    const summary = JSON.parse(row.summary) as RunSummary
    if (summary.threads || !summary.threadFacts) return summary.threads ?? null
    const run = {
      family: row.family,
      params: JSON.parse(row.params) as Params,
      classCount: summary.classes.length,
      facts: summary.threadFacts,
    }
    const threads = await chooseThreads(this.context, run, signal)
    await db.run(
      "UPDATE runs SET summary = json_set(summary, '$.threads', json(?)) WHERE id = ?",
      JSON.stringify(threads),
      row.id,
    )
    return threads
  }

  async #storeEpoch(epoch: EpochEnded): Promise<void> {
    await this.context.db.run(
      'INSERT OR REPLACE INTO run_epochs VALUES (?, ?, ?)',
      epoch.runId,
      epoch.epoch,
      JSON.stringify(epoch),
    )
    this.context.emit('runs.epochEnded', epoch)
  }

  async #storePredictions(runId: string, rows: StoredPredictionRow[], replace: boolean): Promise<void> {
    await this.context.db.transaction(async (tx) => {
      if (replace) {
        await tx.run('DELETE FROM run_predictions WHERE run_id = ?', runId)
        await tx.run('DELETE FROM run_values WHERE run_id = ?', runId)
      }
      if (rows[0] && 'value' in rows[0]) return storeNumbers(tx, runId, rows)
      await tx.run(
        `INSERT INTO run_predictions (run_id, sample_id, split, truth, predicted, confidence, probabilities)
         SELECT ?, value ->> 'sampleId', value ->> 'split', value ->> 'truth', value ->> 'predicted',
                CAST(value ->> 'confidence' AS REAL), value ->> 'probabilities'
         FROM json_each(?)`,
        runId,
        JSON.stringify(rows),
      )
    })
  }

  async #close(
    runId: string,
    status: RunStatus,
    outcome: Jobs['train']['output'] | null,
    error: string | null,
    startedAt: number | null = null,
  ): Promise<void> {
    const { db, paths, log } = this.context
    try {
      const row = await resolveRun(db, runId)
      const summary = JSON.parse(row.summary) as RunSummary
      if (outcome) {
        const { status: _status, params: _params, ...rest } = outcome
        Object.assign(summary, rest)
      }
      summary.sizeBytes = await folderSize(runFolder(paths, runId))
      const now = Date.now()
      await db.run(
        'UPDATE runs SET status = ?, ended_at = ?, error = ?, summary = ?, trained_ms = trained_ms + ? WHERE id = ?',
        status,
        now,
        error,
        JSON.stringify(summary),
        startedAt === null ? 0 : now - startedAt,
        runId,
      )
      await this.#changed(runId)
    } catch (failure) {
      log('error', `run ${runId}`, `Its end could not be stored: ${(failure as Error).message}`)
    }
  }

  async #changed(runId: string): Promise<void> {
    this.context.emit('runs.changed', await loadRun(this.context, runId))
  }
}

/** Numbers keep their decimal point: SQLite's JSON would read 3.0 as an integer, which a REAL column turns back. */
async function storeNumbers(tx: Queries, runId: string, rows: StoredPredictionRow[]): Promise<void> {
  await tx.run(
    `INSERT INTO run_values (run_id, sample_id, split, truth, value)
     SELECT ?, value ->> 'sampleId', value ->> 'split', CAST(value ->> 'truth' AS REAL), CAST(value ->> 'value' AS REAL)
     FROM json_each(?)`,
    runId,
    JSON.stringify(rows),
  )
}

/** Bytes of all files below a folder; 0 when it is not there. */
export async function folderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const sizes = entries.map(async (entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? folderSize(path) : (await stat(path).catch(() => ({ size: 0 }))).size
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** Removes a folder for good; returns the bytes it held. */
export async function removeFolder(folder: string): Promise<number> {
  const bytes = await folderSize(folder)
  await rm(folder, { recursive: true, force: true })
  return bytes
}
