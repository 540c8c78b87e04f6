import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import type { Service } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'
import { isRows } from '@shared/modalities'
import type { Packed, PackSpec, ProofProblem, ProofReport, VerifySpec } from '@shared/schemas/proof'
import type { Snapshot } from '../ml/snapshot'
import type { ServiceContext } from './context'
import { loadDataset } from './dataset-queries'
import { rowFingerprint, rowsInFolder, snapshotOf, type DataIndex, type Row } from './proof-data'
import { damaged, manifestName, readProof, sealName, sealOf, sha256, sha256OfFile, type Manifest } from './proof-file'
import { compareFigures, describe } from './proof-verdict'
import { refuseNumbers } from './number-target'
import { resolveRun, runFolder, toRun, type RunSummary } from './run-queries'
import { snapshotPath } from './run-snapshot'
import { extractTar, TarWriter } from './tar'
import { threadEnv } from './thread-choice'

const mostGroups = 20
/** On another machine sums are rounded in another order. */
const elsewhere = 1e-4

/** One-file proofs: a run with its weights, settings, data hashes and figures, checked anywhere. */
export class ProofService implements Service<'proofs'> {
  constructor(private readonly context: ServiceContext) {}

  async pack(spec: PackSpec, signal: AbortSignal): Promise<Packed> {
    const { db, paths, tasks } = this.context
    const row = await resolveRun(db, spec.run)
    if (row.epochs === 0 || row.status === 'running' || row.status === 'queued')
      throw new WorkbenchError('conflict', `Run "${row.name}" is ${row.status}; let it finish, then pack it.`)
    refuseNumbers(toRun(row), 'Only runs that tell classes apart can be packed so far')
    const source = runFolder(paths, row.id)
    const dataset = await loadDataset(db, row.dataset_id)
    if (!isRows(dataset.modality))
      throw new WorkbenchError('incompatible', `Only runs on tables can be packed so far; "${dataset.name}" is none.`)
    const run = toRun(row)
    const snapshot = JSON.parse(await readFile(snapshotPath(source), 'utf8')) as Snapshot
    const rows = await this.#rows(snapshot)
    const columns = dataset.fields
      .filter(({ name }) => name !== dataset.target)
      .map(({ name, kind, derivation }) => ({ name, kind, derivation }))
    const { samples, ...header } = snapshot
    const index: DataIndex = {
      header,
      columns,
      samples: samples.map(({ id, split, target }, i) => ({
        id,
        split,
        target,
        fingerprint: rowFingerprint(columns, rows[i]!),
      })),
    }
    const named = dataset.fields.filter(
      ({ isSensitive, kind }) => isSensitive && (kind === 'category' || kind === 'boolean'),
    )
    const sensitive = snapshot.positive === null ? [] : named.map(({ name }) => [name])
    if (sensitive.length > 1) sensitive.push(named.map(({ name }) => name))
    const { smallGroup, confidenceLevel: level } = await this.context.settings()
    const split = samples.some((one) => one.split === 'test' && one.target !== null)
      ? ('test' as const)
      : ('train' as const)
    const audit = { sensitive: withinBounds(sensitive, rows), split, rounds: 1000, level, seed: 1, smallGroup }
    const summary = JSON.parse(row.summary) as RunSummary & { threads?: Parameters<typeof threadEnv>[0] }
    return this.#inFolder(async (folder) => {
      await copyFile(join(source, 'model.safetensors'), join(folder, 'model.safetensors'))
      await copyFile(join(source, 'network.json'), join(folder, 'network.json'))
      await writeFile(snapshotPath(folder), JSON.stringify(snapshot))
      await writeFile(join(folder, 'data-index.json'), JSON.stringify(index))
      if (spec.withData) await writeFile(join(folder, 'data.json'), JSON.stringify(rows))
      const { figures, engine } = await tasks.run(
        { taskId: spec.taskId, title: 'Packing', unit: 'samples' },
        signal,
        (inner, progress) => this.#recompute(folder, audit, rows, inner, progress),
      )
      const names = ['model.safetensors', 'network.json', 'data-index.json', ...(spec.withData ? ['data.json'] : [])]
      const files = Object.fromEntries(
        await Promise.all(names.map(async (name) => [name, await sha256OfFile(join(folder, name))])),
      )
      const manifest: Manifest = {
        format: 'pellucid-proof-1',
        packedAt: Date.now(),
        run: { name: run.name, family: run.family, params: run.params, seed: run.seed, classes: run.classes },
        data: {
          name: dataset.name,
          modality: dataset.modality,
          target: dataset.target,
          positive: dataset.positive,
          samples: samples.length,
          sha256: sha256(index.samples.map(({ fingerprint }) => fingerprint).join('')),
          isIncluded: spec.withData,
        },
        audit,
        machine: machineName(engine),
        figures,
        environment: summary.threads ? threadEnv(summary.threads) : {},
        files,
      }
      const seal = JSON.stringify(sealOf(manifest))
      await writeTar(
        spec.out,
        folder,
        { [manifestName]: JSON.stringify(manifest, null, 1), [sealName]: seal },
        names,
        signal,
      )
      return { files: [spec.out], fingerprint: sha256(seal), figures: Object.keys(figures).length }
    })
  }

  async verify(spec: VerifySpec, signal: AbortSignal): Promise<ProofReport> {
    return this.context.tasks.run(
      { taskId: spec.taskId, title: 'Verifying', unit: 'samples' },
      signal,
      (inner, progress) =>
        this.#inFolder(async (folder) => {
          await unpack(spec.file, folder, inner)
          const { manifest, fingerprint, problems } = await readProof(folder, spec.file)
          const report = (level: ProofReport['level'], checked: number, tolerance: number): ProofReport => ({
            fingerprint,
            run: {
              name: manifest.run.name,
              family: manifest.run.family,
              dataset: manifest.data.name,
              packedAt: manifest.packedAt,
            },
            level,
            isSound: problems.length === 0,
            problems,
            checked,
            tolerance,
            summary: describe({ manifest, level, problems, checked, tolerance }),
          })
          // What was tampered with is not computed with.
          if (problems.length > 0 || (!manifest.data.isIncluded && spec.data === undefined))
            return report('integrity', 0, 0)
          const index = JSON.parse(await readFile(join(folder, 'data-index.json'), 'utf8')) as DataIndex
          const rows = await this.#data(folder, spec, manifest, index, problems, inner)
          if (!rows) return report('integrity', 0, 0)
          await writeFile(snapshotPath(folder), JSON.stringify(snapshotOf(index, rows)))
          const { figures, engine } = await this.#recompute(folder, manifest.audit, rows, inner, progress)
          const tolerance = machineName(engine) === manifest.machine ? 0 : elsewhere
          problems.push(...compareFigures(manifest.figures, figures, tolerance, 'figure'))
          const checked = Object.keys(figures).length
          if (!spec.retrain) return report('recomputed', checked, tolerance)
          const again = await this.#retrain(folder, manifest, rows, inner, progress)
          problems.push(...compareFigures(manifest.figures, again, tolerance, 'retrained'))
          return report('retrained', checked + Object.keys(again).length, tolerance)
        }),
    )
  }

  async #retrain(
    folder: string,
    { run, audit, environment }: Manifest,
    rows: Row[],
    signal: AbortSignal,
    progress: (done: number, total: number | null) => void,
  ): Promise<Record<string, number | null>> {
    const runDir = join(folder, 'retrained')
    await mkdir(runDir)
    await copyFile(snapshotPath(folder), snapshotPath(runDir))
    await this.context.jobs.run(
      'train',
      'train',
      {
        runId: 'proof',
        runDir,
        family: run.family,
        params: run.params,
        resume: false,
        cacheDir: this.context.paths.cache,
      },
      { signal, env: environment },
    )
    return (await this.#recompute(runDir, audit, rows, signal, progress)).figures
  }

  /** All figures: metrics, audits, and how much the model leans on each field. */
  async #recompute(
    runDir: string,
    { sensitive, ...how }: Manifest['audit'],
    rows: Row[],
    signal: AbortSignal,
    progress: (done: number, total: number | null) => void,
  ) {
    const audits = sensitive.map((names) => ({
      sensitive: names,
      groups: rows.map((row) => names.map((name) => String(row[name] ?? '(missing)'))),
    }))
    const found = await this.context.jobs.run(
      'engine',
      'recompute',
      { runDir, audits, ...how },
      { signal, onEvent: ({ done, total }) => progress(done, total) },
    )
    const method = { runId: 'proof', runDir, method: 'permutation-importance', params: {}, split: how.split }
    const { fields } = await this.context.jobs.run('engine', 'importance', method, { signal })
    for (const { name, mean } of fields) found.figures[`importance of ${name}`] = mean
    return found
  }

  /** The samples' rows out of the proof or the folder; null, with the reasons among the problems, where some are not there. */
  async #data(
    folder: string,
    { data }: VerifySpec,
    manifest: Manifest,
    index: DataIndex,
    problems: ProofProblem[],
    signal: AbortSignal,
  ): Promise<Row[] | null> {
    const rows =
      data === undefined
        ? (JSON.parse(await readFile(join(folder, 'data.json'), 'utf8')) as Row[])
        : await rowsInFolder(this.context, data, index, signal)
    const isThere = (row: Row | null | undefined, i: number) =>
      row != null && rowFingerprint(index.columns, row) === index.samples[i]!.fingerprint
    const missing = index.samples.flatMap(({ id }, i) => (isThere(rows[i], i) ? [] : [id]))
    for (const id of missing.slice(0, 20))
      problems.push({ kind: 'data', name: `sample ${id}`, expected: 'as it was packed', found: 'not in the data' })
    if (missing.length > 20)
      problems.push({
        kind: 'data',
        name: `${missing.length - 20} further samples`,
        expected: `${manifest.data.samples} samples as packed`,
        found: `${manifest.data.samples - missing.length} of them`,
      })
    return missing.length === 0 ? (rows as Row[]) : null
  }

  /** The values of all columns, those that the network never saw included, in the order of the snapshot. */
  async #rows({ samples, fields }: Snapshot): Promise<Row[]> {
    const found = await this.context.db.all<{ id: number; values: string | null }>(
      'SELECT id, "values" FROM samples WHERE id IN (SELECT value FROM json_each(?))',
      JSON.stringify(samples.map(({ id }) => id)),
    )
    const byId = new Map(found.map(({ id, values }) => [id, JSON.parse(values ?? '{}') as Row]))
    return samples.map(({ id, values }) => {
      const row = byId.get(id)
      if (!row)
        throw new WorkbenchError(
          'conflict',
          `Sample ${id}, which the run was trained on, is no longer in the dataset. Train again, then pack that run.`,
        )
      // What the run saw counts, even where a value was changed since.
      fields.forEach(({ name }, k) => (row[name] = values?.[k] ?? null))
      return row
    })
  }

  async #inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = join(this.context.paths.cache, `proof-${randomUUID().slice(0, 8)}`)
    await mkdir(folder, { recursive: true })
    try {
      return await work(folder)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** Audits of more groups than can be compared are left out. */
const withinBounds = (sensitive: string[][], rows: Row[]) =>
  sensitive.filter((names) => new Set(rows.map((row) => names.map((name) => row[name]).join('\0'))).size <= mostGroups)

const machineName = (engine: string) => [cpus()[0]?.model ?? process.arch, `${cpus().length} cores`, engine].join(', ')

async function unpack(file: string, folder: string, signal: AbortSignal): Promise<void> {
  if (!(await stat(file).catch(() => null))) throw new WorkbenchError('not_found', `There is no file ${file}.`)
  try {
    await extractTar(file, folder, signal)
  } catch (error) {
    if (signal.aborted) throw error
    throw damaged(file, (error as Error).message)
  }
}

/** Beside and renamed, so that a proof that is there is whole. */
async function writeTar(
  out: string,
  folder: string,
  texts: Record<string, string>,
  names: string[],
  signal: AbortSignal,
): Promise<void> {
  await mkdir(dirname(out), { recursive: true })
  const partial = `${out}.partial`
  const tar = await TarWriter.create(partial)
  try {
    for (const [name, text] of Object.entries(texts)) await tar.addText(name, text)
    for (const name of names) {
      const path = join(folder, name)
      await tar.addFile(name, path, (await stat(path)).size, signal)
    }
    await tar.close()
    await rename(partial, out)
  } catch (error) {
    await tar.abandon()
    await rm(partial, { force: true })
    throw error
  }
}
