import { basename } from 'node:path'
import type { Service } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'
import type {
  Dataset,
  Derivation,
  ImportSpec,
  Inspection,
  Modality,
  NodeAround,
  Sample,
  SampleFilter,
  SplitCounts,
  SplitSpec,
  Task,
} from '@shared/schemas/dataset'
import { hasArchive, unpackToKeep, unpackToLook } from './archives'
import type { ServiceContext } from './context'
import { addToDataset } from './dataset-add'
import { deleteDataset } from './dataset-delete'
import { importDataset, noSuchClass, refuseTakenName } from './dataset-import'
import { loadClasses, loadDataset, resolveDataset, resolveSample } from './dataset-queries'
import { announce, inEdit } from './edits'
import { changeField, changeTarget, deriveField, removeField, type FieldChange } from './field-edits'
import { nodeAround } from './graph-nodes'
import { absolute } from './incoming'
import { checkOriginals, relinkOriginals } from './originals'
import { findBundledSample, unpackSample } from './sample-datasets'
import { SamplePages } from './sample-pages'
import { splitDataset } from './split-edit'

type InDataset = { dataset: string }

const noTarget = () =>
  new WorkbenchError('invalid_input', 'There is no target yet. Name the column to predict together with the task.')

/** Datasets from import to deletion. Files are referenced in place; what is known about them is in the workspace. */
export class DatasetService implements Service<'datasets'> {
  readonly #pages: SamplePages

  constructor(private readonly context: ServiceContext) {
    this.#pages = new SamplePages(context.db)
  }

  async list(): Promise<Dataset[]> {
    const rows = await this.context.db.all<{ id: string }>(
      'SELECT id FROM datasets ORDER BY created_at DESC, rowid DESC',
    )
    const datasets: Dataset[] = []
    for (const { id } of rows) datasets.push(await loadDataset(this.context.db, id))
    return datasets
  }

  get({ dataset }: InDataset): Promise<Dataset> {
    return loadDataset(this.context.db, dataset)
  }

  inspect(
    { paths, modality, taskId }: { paths: string[]; modality?: Modality; taskId?: string },
    signal: AbortSignal,
  ): Promise<Inspection> {
    const { tasks, jobs } = this.context
    return tasks.run({ taskId, title: 'Looking at the files', unit: 'files' }, signal, async (inner, progress) => {
      const named = absolute(paths)
      const looked = hasArchive(named) ? await unpackToLook(this.context, named, inner, progress) : named
      const onEvent = ({ done, total }: { done: number; total: number | null }) => progress(done, total)
      return jobs.run('decode', 'inspect', { paths: looked, modality }, { signal: inner, onEvent })
    })
  }

  async import(spec: ImportSpec, signal: AbortSignal): Promise<Dataset> {
    const { db } = this.context
    const paths = absolute(spec.paths)
    const existing = spec.add ? await db.get<{ id: string }>('SELECT id FROM datasets WHERE name = ?', spec.name) : null
    if (existing) return this.addFiles({ dataset: existing.id, paths, taskId: spec.taskId }, signal)
    if (hasArchive(paths)) return this.#importArchive({ ...spec, paths }, signal)
    return announce(this.context, await importDataset(this.context, { ...spec, paths }, signal))
  }

  /** What was unpacked stays only when the import succeeds. */
  async #importArchive(spec: ImportSpec, signal: AbortSignal): Promise<Dataset> {
    await refuseTakenName(this.context.db, spec.name)
    const task = { taskId: spec.taskId, title: `Unpacking ${basename(spec.paths[0]!)}`, unit: 'files' }
    const { paths, discard } = await this.context.tasks.run(task, signal, (inner, progress) =>
      unpackToKeep(this.context, spec.paths, inner, progress),
    )
    try {
      return await announce(this.context, await importDataset(this.context, { ...spec, paths }, signal))
    } catch (error) {
      await discard()
      throw error
    }
  }

  async importSample({ id, name, taskId }: { id: string; name?: string; taskId?: string }, signal: AbortSignal) {
    const sample = await findBundledSample(this.context, id)
    await refuseTakenName(this.context.db, name ?? sample.title)
    const path = await unpackSample(this.context, sample, signal, taskId)
    const { target, task, positive, sensitive, modality } = sample
    const spec = {
      paths: [path],
      name: name ?? sample.title,
      modality,
      target,
      task,
      positive,
      sensitive,
      kinds: {},
      add: false,
      taskId,
    }
    return this.import(spec, signal)
  }

  async addFiles(
    { dataset, paths, taskId }: InDataset & { paths: string[]; taskId?: string },
    signal: AbortSignal,
  ): Promise<Dataset> {
    const row = await resolveDataset(this.context.db, dataset)
    if (hasArchive(paths))
      throw new WorkbenchError('invalid_input', 'An archive cannot be added to a dataset: unpack it and add its files.')
    await addToDataset(this.context, row, { paths: absolute(paths), taskId }, signal)
    return announce(this.context, row.id)
  }

  async update(
    input: InDataset & {
      name?: string
      target?: string
      task?: Task
      positive?: string | null
      fields?: FieldChange[]
    },
  ): Promise<Dataset> {
    const { dataset } = await inEdit(this.context, input.dataset, async (tx, row) => {
      const { name, task, positive, fields = [] } = input
      if (name !== undefined && name !== row.name) {
        await refuseTakenName(tx, name, row.id)
        await tx.run('UPDATE datasets SET name = ? WHERE id = ?', name, row.id)
      }
      if (input.target !== undefined || task !== undefined) {
        const target = input.target ?? row.target
        if (target === null) throw noTarget()
        await changeTarget(tx, row, target, task)
      }
      const now = await resolveDataset(tx, row.id)
      for (const field of fields) await changeField(tx, now, field)
      if (positive === undefined) return
      const classes = (await loadClasses(tx, row.id)).map((entry) => entry.name)
      if (positive !== null && !classes.includes(positive)) throw noSuchClass(positive, classes)
      await tx.run('UPDATE datasets SET positive = ? WHERE id = ?', positive, row.id)
    })
    return dataset
  }

  async delete({ dataset }: InDataset): Promise<{ freedBytes: number }> {
    return deleteDataset(this.context, await resolveDataset(this.context.db, dataset))
  }

  async samples(input: InDataset & { filter: SampleFilter; offset: number; limit: number }) {
    const row = await resolveDataset(this.context.db, input.dataset)
    return this.#pages.page(row, input.filter, input.offset, input.limit)
  }

  async sampleIds({ dataset, filter }: InDataset & { filter: SampleFilter }): Promise<{ ids: number[] }> {
    return { ids: await this.#pages.ids(await resolveDataset(this.context.db, dataset), filter) }
  }

  async sample({ dataset, sample }: InDataset & { sample: string }): Promise<Sample> {
    const row = await resolveDataset(this.context.db, dataset)
    const { id } = await resolveSample(this.context.db, row.id, sample)
    return (await this.#pages.page(row, { ids: [id] }, 0, 1)).samples[0]!
  }

  async around({ dataset, sample }: InDataset & { sample: string }, signal: AbortSignal): Promise<NodeAround> {
    const row = await resolveDataset(this.context.db, dataset)
    return nodeAround(this.context, row, sample, signal)
  }

  async derive(input: InDataset & { column: string; derivation: Derivation }) {
    const { result } = await inEdit(this.context, input.dataset, async (tx, row) => ({
      column: input.column,
      counts: await deriveField(tx, row, input.column, input.derivation),
    }))
    return result
  }

  async removeField({ dataset, field }: InDataset & { field: string }): Promise<Dataset> {
    return (await inEdit(this.context, dataset, (tx, row) => removeField(tx, row, field))).dataset
  }

  async split({ dataset, ...request }: SplitSpec): Promise<SplitCounts> {
    return (await inEdit(this.context, dataset, (tx, row) => splitDataset(tx, row, request))).result
  }

  async checkOriginals({ dataset, taskId }: InDataset & { taskId?: string }, signal: AbortSignal) {
    const row = await resolveDataset(this.context.db, dataset)
    const task = { taskId, title: `Checking the originals of ${row.name}`, unit: 'files' }
    const counts = await this.context.tasks.run(task, signal, (inner, progress) =>
      checkOriginals(this.context, row, inner, progress),
    )
    await announce(this.context, row.id)
    return counts
  }

  async relink(input: InDataset & { folder: string; taskId?: string }, signal: AbortSignal) {
    const row = await resolveDataset(this.context.db, input.dataset)
    const task = { taskId: input.taskId, title: `Finding moved files of ${row.name}`, unit: 'files' }
    const result = await this.context.tasks.run(task, signal, async (inner, progress) => {
      await checkOriginals(this.context, row, inner, progress)
      return relinkOriginals(this.context, row, input.folder, inner, progress)
    })
    await announce(this.context, row.id)
    return result
  }
}
