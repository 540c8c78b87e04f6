import { join, resolve } from 'node:path'
import type { Service } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'
import { isRows } from '@shared/modalities'
import {
  Counterfactuals,
  Dependence,
  Nearest,
  type CounterfactualSpec,
  type DependenceSpec,
  type NearestSpec,
} from '@shared/schemas/insight'
import type { Modality } from '@shared/schemas/dataset'
import type { ServiceContext } from './context'
import { loadFields } from './dataset-fields'
import { predictInput, resolveDataset, resolveSample } from './dataset-queries'
import { lockedFields } from './locked-fields'
import { refuseNumbers } from './number-target'
import { ResultCache, weightsKey } from './result-cache'
import { resolveRun, runFolder, toRun } from './run-queries'

/** Grows when the search changes, so that no answer of an older one is shown. */
const searchVersion = 1

/** What lies around a decision: what would change it, which training samples are like it, how it follows a column. */
export class InsightService implements Service<'insights'> {
  readonly #cache: ResultCache

  constructor(private readonly context: ServiceContext) {
    this.#cache = new ResultCache(context)
  }

  async counterfactual(spec: CounterfactualSpec, signal: AbortSignal): Promise<Counterfactuals> {
    const { db, jobs, paths, tasks } = this.context
    const run = await resolveRun(db, spec.run)
    refuseNumbers(toRun(run), 'These are changes that change the class')
    const dataset = await resolveDataset(db, run.dataset_id)
    requireTable(dataset)
    const sample = await resolveSample(db, dataset.id, spec.sample)
    const locked = lockedFields(await loadFields(db, dataset.id), dataset.target, spec)
    const weights = await weightsKey(paths, run)
    const key = ['counterfactual', searchVersion, weights, sample.values, locked, spec.targetClass, spec.count]
    const answer = await this.#cache.once(key, Counterfactuals, () =>
      tasks.run(
        { taskId: spec.taskId, title: 'Looking for changes', unit: 'rows' },
        signal,
        async (inner, progress) => ({
          runId: run.id,
          sampleId: sample.id,
          locked,
          ...(await jobs.run(
            'engine',
            'counterfactual',
            {
              runDir: runFolder(paths, run.id),
              values: JSON.parse(sample.values ?? '{}'),
              targetClass: spec.targetClass ?? null,
              locked: locked.map(({ field }) => field),
              count: spec.count,
            },
            { signal: inner, onEvent: ({ done, total }) => progress(done, total) },
          )),
        }),
      ),
    )
    return { ...answer, sampleId: sample.id }
  }

  async nearest(spec: NearestSpec, signal: AbortSignal): Promise<Nearest> {
    const { db, jobs, paths, tasks } = this.context
    const run = await resolveRun(db, spec.run)
    refuseNumbers(toRun(run), 'Nearest samples are compared by their classes')
    const dataset = await resolveDataset(db, run.dataset_id)
    if (dataset.modality === 'graph')
      throw new WorkbenchError('incompatible', 'Nearest samples are not there yet for the nodes of a graph.')
    const sample = await resolveSample(db, dataset.id, spec.sample)
    const content = isRows(dataset.modality) ? sample.values : sample.hash
    const key = ['nearest', await weightsKey(paths, run), sample.id, content, spec.count]
    return this.#cache.once(key, Nearest, () =>
      tasks.run(
        { taskId: spec.taskId, title: 'Looking at the training samples', unit: 'samples' },
        signal,
        async (inner, progress) => ({
          runId: run.id,
          sampleId: sample.id,
          ...(await jobs.run(
            'engine',
            'nearest',
            {
              runDir: runFolder(paths, run.id),
              cacheDir: join(paths.cache, 'representations'),
              sampleId: sample.id,
              sample: predictInput(paths, dataset, sample),
              count: spec.count,
            },
            { signal: inner, onEvent: ({ done, total }) => progress(done, total) },
          )),
        }),
      ),
    )
  }

  async dependence(spec: DependenceSpec, signal: AbortSignal): Promise<Dependence> {
    const { db, jobs, paths, tasks } = this.context
    const run = await resolveRun(db, spec.run)
    refuseNumbers(toRun(run), 'Curves are of the probability of a class so far')
    requireTable(await resolveDataset(db, run.dataset_id))
    const key = ['dependence', await weightsKey(paths, run), spec.field, spec.targetClass]
    const input = { runDir: runFolder(paths, run.id), field: spec.field, targetClass: spec.targetClass ?? null }
    return this.#cache.once(key, Dependence, () =>
      tasks.run(
        { taskId: spec.taskId, title: `Following ${spec.field}`, unit: 'rows' },
        signal,
        async (inner, progress) => ({
          runId: run.id,
          ...(await jobs.run('engine', 'dependence', input, {
            signal: inner,
            onEvent: ({ done, total }) => progress(done, total),
          })),
        }),
      ),
    )
  }

  async dependenceToCsv({ out, ...spec }: DependenceSpec & { out: string }, signal: AbortSignal) {
    const path = resolve(/\.csv$/i.test(out) ? out : `${out}.csv`)
    const dependence = await this.dependence(spec, signal)
    return this.context.jobs.run('engine', 'write-dependence', { dependence, out: path }, { signal })
  }
}

function requireTable({ modality, name }: { modality: Modality; name: string }): void {
  if (modality === 'table') return
  throw new WorkbenchError(
    'incompatible',
    `"${name}" is no table. Only the fields of a table's row can be changed one by one.`,
  )
}
