import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Service } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'
import { Explanation, Importance, MapChecks, type ExplainSpec, type ImportanceSpec } from '@shared/schemas/explanation'
import { isRows } from '@shared/modalities'
import type { ServiceContext } from './context'
import { predictInput, resolveDataset, resolveSample } from './dataset-queries'
import { resolveRun, runFolder, type RunRow } from './run-queries'

type Parsed = ExplainSpec

/** Grows when the checks or their limits change, so that no badge of an older kind is shown. */
const checksVersion = 1

/** Explains what a run says, from its best weights; each map is computed once and kept in the cache folder. */
export class ExplanationService implements Service<'explanations'> {
  constructor(private readonly context: ServiceContext) {}

  async explain(spec: Parsed, signal: AbortSignal): Promise<Explanation> {
    const asked = await this.#asked(spec)
    const known = await readCached(this.#cacheFile(asked.key), Explanation)
    if (known) return { ...known, isCached: true }
    const { run, sample, input } = asked
    const computed = await this.context.tasks.run(
      { taskId: spec.taskId, title: `Explaining by ${spec.method}`, unit: 'steps' },
      signal,
      (inner, progress) =>
        this.context.jobs.run(
          'engine',
          'explain',
          {
            runId: run.id,
            runDir: runFolder(this.context.paths, run.id),
            sampleId: sample.id,
            sample: input,
            method: spec.method,
            params: spec.params,
            targetClass: spec.targetClass ?? null,
          },
          { signal: inner, onEvent: ({ done, total }) => progress(done, total) },
        ),
    )
    const explanation = { ...computed, isCached: false }
    await this.#keep(this.#cacheFile(asked.key), explanation)
    return explanation
  }

  async check(spec: Parsed, signal: AbortSignal): Promise<MapChecks> {
    const { key, run, input } = await this.#asked(spec)
    const file = this.#cacheFile(['checks', checksVersion, ...key])
    const known = await readCached(file, MapChecks)
    if (known) return { ...known, isCached: true }
    const computed = await this.context.tasks.run(
      { taskId: spec.taskId, title: `Checking the map by ${spec.method}`, unit: '%' },
      signal,
      async (inner, progress) => {
        const explanation = await this.explain({ ...spec, taskId: undefined }, inner)
        return this.context.jobs.run(
          'engine',
          'check-map',
          { explanation, runDir: runFolder(this.context.paths, run.id), sample: input },
          { signal: inner, onEvent: ({ done, total }) => progress(done, total) },
        )
      },
    )
    const checks = { ...computed, isCached: false }
    await this.#keep(file, checks)
    return checks
  }

  /** The run and sample that are asked for, what the engine needs of the sample, and what the answer depends on. */
  async #asked(spec: Parsed) {
    const { db } = this.context
    const run = await resolveRun(db, spec.run)
    const dataset = await resolveDataset(db, run.dataset_id)
    const sample = await resolveSample(db, dataset.id, spec.sample)
    const content = isRows(dataset.modality) ? sample.values : sample.hash
    const key = [await this.#weightsKey(run), sample.id, content, spec.method, ordered(spec.params), spec.targetClass]
    return { run, sample, key, input: predictInput(this.context.paths, dataset, sample) }
  }

  async importance(spec: ImportanceSpec, signal: AbortSignal): Promise<Importance> {
    const { db, jobs, paths, tasks } = this.context
    const run = await resolveRun(db, spec.run)
    const key = [await this.#weightsKey(run), spec.method, ordered(spec.params), spec.split]
    const file = this.#cacheFile(key)
    const known = await readCached(file, Importance)
    if (known) return { ...known, isCached: true }
    const { method, params, split } = spec
    const computed = await tasks.run(
      { taskId: spec.taskId, title: 'Measuring importance', unit: 'fields' },
      signal,
      (inner, progress) =>
        jobs.run(
          'engine',
          'importance',
          { runId: run.id, runDir: runFolder(paths, run.id), method, params, split },
          { signal: inner, onEvent: ({ done, total }) => progress(done, total) },
        ),
    )
    const importance = { ...computed, isCached: false }
    await this.#keep(file, importance)
    return importance
  }

  async exportPng(
    { out, opacity, ...spec }: Parsed & { out: string; opacity: number },
    signal: AbortSignal,
  ): Promise<{ files: string[] }> {
    const explanation = await this.explain(spec, signal)
    const path = resolve(/\.png$/i.test(out) ? out : `${out}.png`)
    return this.context.jobs.run('engine', 'render-explanation', { explanation, opacity, out: path }, { signal })
  }

  /** Changes whenever the run's weights do; `conflict` when it has none yet. */
  async #weightsKey(run: RunRow): Promise<string> {
    if (run.epochs === 0)
      throw new WorkbenchError(
        'conflict',
        `Run "${run.name}" is ${run.status} and has no finished epoch yet; train it first.`,
      )
    const folder = runFolder(this.context.paths, run.id)
    const stamps = await Promise.all(
      ['model.safetensors', 'checkpoint.safetensors'].map((name) =>
        stat(join(folder, name)).then(
          ({ mtimeMs, size }) => `${name}:${mtimeMs}:${size}`,
          () => '',
        ),
      ),
    )
    return `${run.id}|${stamps.join('|')}`
  }

  #cacheFile(key: unknown[]): string {
    const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex')
    return join(this.context.paths.cache, 'explanations', hash.slice(0, 2), `${hash}.json`)
  }

  /** A cache that cannot be written costs time, not the answer. */
  async #keep(file: string, value: unknown): Promise<void> {
    const partial = `${file}.${randomUUID().slice(0, 8)}.partial`
    try {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(partial, JSON.stringify(value))
      await rename(partial, file)
    } catch (error) {
      this.context.log('warn', 'explanations', `The map was not cached: ${(error as Error).message}`)
    }
  }
}

const ordered = (params: Record<string, unknown>) => Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))

/** A missing or damaged file is computed anew. */
async function readCached<T>(file: string, schema: { parse(value: unknown): T }): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return null
  }
}
