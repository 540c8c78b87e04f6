import { resolve } from 'node:path'
import type { Service } from '@shared/contract'
import { Explanation, Importance, MapChecks, type ExplainSpec, type ImportanceSpec } from '@shared/schemas/explanation'
import { isRows } from '@shared/modalities'
import type { ServiceContext } from './context'
import { predictInput, resolveDataset, resolveSample } from './dataset-queries'
import { refuseNumbers } from './number-target'
import { ResultCache, weightsKey } from './result-cache'
import { resolveRun, runFolder, toRun } from './run-queries'

type Parsed = ExplainSpec

/** Grows when the checks or their limits change, so that no badge of an older kind is shown. */
const checksVersion = 1

/** Explains what a run says, from its best weights; each map is computed once and kept in the cache folder. */
export class ExplanationService implements Service<'explanations'> {
  readonly #cache: ResultCache

  constructor(private readonly context: ServiceContext) {
    this.#cache = new ResultCache(context)
  }

  async explain(spec: Parsed, signal: AbortSignal): Promise<Explanation> {
    const { key, run, sample, input } = await this.#asked(spec)
    return this.#cache.once(key, Explanation, () =>
      this.context.tasks.run(
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
      ),
    )
  }

  async check(spec: Parsed, signal: AbortSignal): Promise<MapChecks> {
    const { key, run, input } = await this.#asked(spec)
    return this.#cache.once(['checks', checksVersion, ...key], MapChecks, () =>
      this.context.tasks.run(
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
      ),
    )
  }

  /** The run and sample that are asked for, what the engine needs of the sample, and what the answer depends on. */
  async #asked(spec: Parsed) {
    const { db } = this.context
    const run = await resolveRun(db, spec.run)
    refuseNumbers(toRun(run), 'Explanations are of classes so far')
    const dataset = await resolveDataset(db, run.dataset_id)
    const sample = await resolveSample(db, dataset.id, spec.sample)
    const content = isRows(dataset.modality) ? sample.values : sample.hash
    const weights = await weightsKey(this.context.paths, run)
    const key = [weights, sample.id, content, spec.method, ordered(spec.params), spec.targetClass]
    return { run, sample, key, input: predictInput(this.context.paths, dataset, sample) }
  }

  async importance(spec: ImportanceSpec, signal: AbortSignal): Promise<Importance> {
    const { db, jobs, paths, tasks } = this.context
    const run = await resolveRun(db, spec.run)
    refuseNumbers(toRun(run), 'Importance is the loss of accuracy')
    const key = [await weightsKey(paths, run), spec.method, ordered(spec.params), spec.split]
    const { method, params, split } = spec
    return this.#cache.once(key, Importance, () =>
      tasks.run({ taskId: spec.taskId, title: 'Measuring importance', unit: 'fields' }, signal, (inner, progress) =>
        jobs.run(
          'engine',
          'importance',
          { runId: run.id, runDir: runFolder(paths, run.id), method, params, split },
          { signal: inner, onEvent: ({ done, total }) => progress(done, total) },
        ),
      ),
    )
  }

  async exportPng(
    { out, opacity, ...spec }: Parsed & { out: string; opacity: number },
    signal: AbortSignal,
  ): Promise<{ files: string[] }> {
    const explanation = await this.explain(spec, signal)
    const path = resolve(/\.png$/i.test(out) ? out : `${out}.png`)
    return this.context.jobs.run('engine', 'render-explanation', { explanation, opacity, out: path }, { signal })
  }
}

const ordered = (params: Record<string, unknown>) => Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))
