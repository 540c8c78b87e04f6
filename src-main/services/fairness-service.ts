import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Service } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'
import type { Dataset, FieldValue } from '@shared/schemas/dataset'
import type {
  Audit,
  AuditSpec,
  GroupThresholds,
  Mitigation,
  MitigationSpec,
  ProxyReport,
  ProxySpec,
} from '@shared/schemas/fairness'
import type { Run } from '@shared/schemas/run'
import type { Jobs } from '../worker/protocol'
import type { ServiceContext } from './context'
import { loadDataset, resolveDataset } from './dataset-queries'
import { renderReport } from './fairness-report'
import { proxyInput, proxySummary } from './proxy-report'
import { refuseNumbers } from './number-target'
import { resolveRun, toRun, type RunRow } from './run-queries'

const maxGroups = 20
const missing = '(missing)'

interface ScoredRow {
  truth: number
  score: number
  values: string | null
}

/** Audits a run's stored predictions: who gets the favourable outcome, and for whom the model errs. */
export class FairnessService implements Service<'fairness'> {
  constructor(private readonly context: ServiceContext) {}

  async audit(spec: AuditSpec, signal: AbortSignal): Promise<Audit> {
    const input = await this.#auditInput(spec)
    return this.context.tasks.run(
      { taskId: spec.taskId, title: 'Auditing', unit: 'rounds' },
      signal,
      (inner, progress) =>
        this.context.jobs.run('engine', 'audit', input, {
          signal: inner,
          onEvent: ({ done, total }) => progress(done, total),
        }),
    )
  }

  /** Finds thresholds by group on one split and proves them on another. */
  async mitigate(spec: MitigationSpec, signal: AbortSignal): Promise<Mitigation> {
    if (spec.fitOn === spec.split)
      throw new WorkbenchError(
        'invalid_input',
        `Thresholds that are found and proved on the same split (${spec.split}) prove nothing. Choose two splits.`,
      )
    const { constraint, tolerance, fitOn } = spec
    const common = { ...spec, sensitive: [spec.sensitive], threshold: 0.5 }
    const fit = await this.#auditInput({ ...common, split: fitOn })
    const test = await this.#auditInput(common)
    const input = {
      constraint,
      tolerance,
      fittedOn: fitOn,
      fit: { truth: fit.truth, scores: fit.scores, groups: fit.groups.map(([group]) => group!) },
      test,
    }
    return this.context.tasks.run(
      { taskId: spec.taskId, title: 'Finding thresholds', unit: 'rounds' },
      signal,
      (inner, progress) =>
        this.context.jobs.run('engine', 'mitigate', input, {
          signal: inner,
          onEvent: ({ done, total }) => progress(done, total),
        }),
    )
  }

  async keepThresholds({ run, thresholds }: { run: string; thresholds: GroupThresholds | null }): Promise<Run> {
    const { db, emit } = this.context
    const { id } = await resolveRun(db, run)
    await db.run(
      thresholds
        ? "UPDATE runs SET summary = json_set(summary, '$.thresholds', json(?)) WHERE id = ?"
        : "UPDATE runs SET summary = json_remove(summary, '$.thresholds') WHERE id = ?",
      ...(thresholds ? [JSON.stringify(thresholds)] : []),
      id,
    )
    const changed = toRun(await resolveRun(db, id))
    emit('runs.changed', changed)
    return changed
  }

  /** Writes the audit as one self-contained HTML file or as JSON, beside and renamed. */
  async report({ out, format, ...spec }: AuditSpec & { out: string; format: 'html' | 'json' }, signal: AbortSignal) {
    const audit = await this.audit(spec, signal)
    const run = toRun(await resolveRun(this.context.db, spec.run))
    const text =
      format === 'json'
        ? `${JSON.stringify({ ...audit, run: run.name, dataset: run.datasetName }, null, 2)}\n`
        : renderReport(audit, run, (await this.context.settings()).smallGroup)
    await mkdir(dirname(out), { recursive: true })
    const partial = `${out}.${randomUUID().slice(0, 8)}.partial`
    try {
      await writeFile(partial, text)
      await rename(partial, out)
    } catch (error) {
      await rm(partial, { force: true })
      throw error
    }
    return { files: [out] }
  }

  /** Which columns give a sensitive feature away. */
  async proxies(spec: ProxySpec, signal: AbortSignal): Promise<ProxyReport> {
    const { db, jobs, tasks } = this.context
    const dataset = await loadDataset(db, (await resolveDataset(db, spec.dataset)).id)
    checkSensitive(dataset, [spec.sensitive])
    const run = spec.run === undefined ? null : await resolveRun(db, spec.run)
    if (run) refuseNumbers(toRun(run), 'Rates are of classes')
    const input = await proxyInput(db, dataset, spec, run)
    const figures = await tasks.run(
      { taskId: spec.taskId, title: 'Looking for proxies', unit: 'fits' },
      signal,
      (inner, progress) =>
        jobs.run('engine', 'proxies', input, { signal: inner, onEvent: ({ done, total }) => progress(done, total) }),
    )
    const report = {
      ...figures,
      datasetId: dataset.datasetId,
      sensitive: spec.sensitive,
      n: input.rows.length,
      folds: spec.folds,
      positive: dataset.positive,
    }
    return { ...report, summary: proxySummary(report) }
  }

  async #auditInput(spec: Omit<AuditSpec, 'taskId'>): Promise<Jobs['audit']['input']> {
    const { db, settings } = this.context
    const row = await resolveRun(db, spec.run)
    refuseNumbers(toRun(row), 'An audit compares rates of classes')
    const dataset = await loadDataset(db, row.dataset_id)
    const { classes } = toRun(row)
    const positive = favourable(spec.positive ?? dataset.positive, classes)
    checkSensitive(dataset, spec.sensitive)
    const { rows, unlabelled } = await this.#scored(row, spec.split, positive)
    return {
      runId: row.id,
      sensitive: spec.sensitive,
      split: spec.split,
      positive: classes[positive]!,
      threshold: spec.threshold,
      rounds: spec.rounds,
      level: spec.level,
      seed: spec.seed,
      smallGroup: (await settings()).smallGroup,
      unlabelled,
      truth: rows.map(({ truth }) => truth === positive),
      scores: rows.map(({ score }) => score),
      groups: groupsOf(dataset, spec.sensitive, rows),
    }
  }

  /** Labelled samples of a split with the probability of the favourable class; the others are counted. */
  async #scored(row: RunRow, split: string, positive: number): Promise<{ rows: ScoredRow[]; unlabelled: number }> {
    const all = await this.context.db.all<Omit<ScoredRow, 'truth'> & { truth: number | null }>(
      `SELECT truth, json_extract(probabilities, ?) AS score, samples."values" AS "values"
       FROM run_predictions JOIN samples ON samples.id = run_predictions.sample_id
       WHERE run_id = ? AND run_predictions.split = ? ORDER BY sample_id`,
      `$[${positive}]`,
      row.id,
      split,
    )
    const rows = all.filter((one): one is ScoredRow => one.truth !== null)
    if (rows.length > 0) return { rows, unlabelled: all.length - rows.length }
    throw new WorkbenchError(
      'conflict',
      `Run "${row.name}" (${row.status}) has no predictions of labelled samples in its ${split} split. ` +
        'Let it finish, or choose another split.',
    )
  }
}

function favourable(named: string | null, classes: string[]): number {
  const list = classes.map((name) => `"${name}"`).join(', ')
  if (named === null) {
    throw new WorkbenchError(
      'invalid_input',
      `Which outcome is the favourable one? Name it once for the dataset, or with --positive. It is one of ${list}.`,
    )
  }
  const index = classes.indexOf(named)
  if (index < 0)
    throw new WorkbenchError(
      'invalid_input',
      `The favourable outcome "${named}" is no class of this run; it has ${list}.`,
    )
  return index
}

function checkSensitive(dataset: Dataset, sensitive: string[]): void {
  if (new Set(sensitive).size < sensitive.length)
    throw new WorkbenchError('invalid_input', `The sensitive features ${sensitive.join(', ')} name one field twice.`)
  const groupable = dataset.fields
    .filter(({ kind }) => kind === 'category' || kind === 'boolean')
    .map(({ name }) => name)
  for (const name of sensitive) {
    const field = dataset.fields.find((one) => one.name === name)
    if (!field) {
      const known =
        groupable.length > 0 ? `Fields with groups: ${groupable.join(', ')}.` : 'It has no field with groups.'
      throw new WorkbenchError('not_found', `Dataset "${dataset.name}" has no field "${name}". ${known}`)
    }
    if (name === dataset.target)
      throw new WorkbenchError(
        'invalid_input',
        `"${name}" is what the model predicts, so it cannot be the sensitive feature.`,
      )
    if (groupable.includes(name)) continue
    throw new WorkbenchError(
      'invalid_input',
      `"${name}" is a ${field.kind} field and has no groups. Derive a column with groups first, for instance: ` +
        `derive --dataset "${dataset.name}" --column ${name}_group --from ${name} --bins 25 --labels young,old`,
    )
  }
}

function groupsOf(dataset: Dataset, sensitive: string[], rows: ScoredRow[]): string[][] {
  const groups = rows.map(({ values }) => {
    const row = JSON.parse(values ?? '{}') as Record<string, FieldValue>
    return sensitive.map((name) => String(row[name] ?? missing))
  })
  const distinct = new Set(groups.map((group) => JSON.stringify(group))).size
  if (distinct <= maxGroups) return groups
  throw new WorkbenchError(
    'invalid_input',
    `${sensitive.join(' and ')} make ${distinct} groups; at most ${maxGroups} can be compared. Derive a coarser column on "${dataset.name}" first.`,
  )
}
