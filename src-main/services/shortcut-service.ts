import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Service } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'
import { joinedMasks } from '@shared/masks'
import type { Run } from '@shared/schemas/run'
import { ShortcutReport, type DifferenceSpec, type MaskSpec, type ShortcutSpec } from '@shared/schemas/shortcut'
import type { ServiceContext } from './context'
import { differenceOf } from './explanation-difference'
import type { ExplanationService } from './explanation-service'
import { refuseNumbers } from './number-target'
import { resolveRun, runFolder, toRun } from './run-queries'
import type { RunService } from './run-service'

/** Grows when what is looked for, or how, changes: older reports are made anew. */
const version = 1
const maskKeys = ['maskRegions', 'maskWords', 'maskFields']

/** Finds what a run leans on, starts runs that never see it, and shows what explanations have changed. */
export class ShortcutService implements Service<'shortcuts'> {
  constructor(
    private readonly context: ServiceContext,
    private readonly runs: Pick<RunService, 'start'>,
    private readonly explanations: Pick<ExplanationService, 'explain'>,
  ) {}

  async find({ run: ref, again, taskId }: ShortcutSpec, signal: AbortSignal): Promise<ShortcutReport> {
    const { db, jobs, paths, tasks } = this.context
    const run = await resolveRun(db, ref)
    if (run.epochs === 0 || run.status === 'running' || run.status === 'queued')
      throw new WorkbenchError('conflict', `Run "${run.name}" is ${run.status}; let it end first.`)
    refuseNumbers(toRun(run), 'Shortcuts are what a class is known by')
    const runDir = runFolder(paths, run.id)
    const file = join(runDir, 'shortcuts.json')
    // A run that went on has other weights.
    const stamp = `${version}|${run.epochs}|${run.ended_at}`
    const kept = again ? null : await readKept(file, stamp)
    if (kept) return { ...kept, isKept: true }
    const report = await tasks.run({ taskId, title: 'Looking for shortcuts', unit: '%' }, signal, (inner, progress) =>
      jobs.run(
        'engine',
        'find-shortcuts',
        { runId: run.id, runDir },
        { signal: inner, onEvent: ({ done, total }) => progress(done, total) },
      ),
    )
    await keep(file, { stamp, report }).catch((error: Error) =>
      this.context.log('warn', 'shortcuts', `What was found could not be kept with the run: ${error.message}`),
    )
    return { ...report, isKept: false }
  }

  /** Starts a run with the settings of `run` that never sees what `mask` names, nor what it masks already. */
  async maskAndRetrain({ run: ref, mask, name }: MaskSpec, signal: AbortSignal): Promise<Run> {
    const run = toRun(await resolveRun(this.context.db, ref))
    const unknown = Object.keys(mask).filter((key) => !maskKeys.includes(key))
    if (unknown.length > 0 || !maskKeys.some((key) => joinedMasks(mask[key])))
      throw new WorkbenchError('invalid_input', `Expected one of ${maskKeys.join(', ')}, got ${JSON.stringify(mask)}.`)
    const joined = Object.fromEntries(
      Object.entries(mask).map(([key, value]) => [key, joinedMasks(run.params[key], value)]),
    )
    return this.runs.start(
      {
        dataset: run.datasetId,
        family: run.family,
        params: { ...run.params, ...joined },
        name: name ?? `${run.name}, masked`,
      },
      signal,
    )
  }

  difference(spec: DifferenceSpec, signal: AbortSignal) {
    return differenceOf(this.context, this.explanations, spec, signal)
  }
}

/** Beside and renamed, so that nothing half-written stays. */
async function keep(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.partial`, JSON.stringify(value))
  await rename(`${file}.partial`, file)
}

/** Null for none, one of other weights, or a damaged one. */
async function readKept(file: string, stamp: string): Promise<Omit<ShortcutReport, 'isKept'> | null> {
  try {
    const { stamp: own, report } = JSON.parse(await readFile(file, 'utf8')) as { stamp: string; report: unknown }
    return own === stamp ? ShortcutReport.omit({ isKept: true }).parse(report) : null
  } catch {
    return null
  }
}
