import { resolve } from 'node:path'
import type { Command } from 'commander'
import { diagnose } from '@shared/diagnosis'
import { ExportFormat, type Run } from '@shared/schemas/run'
import { comparisonDocument, runDocument } from '../documents'
import { familyNamed } from '../families'
import { collectSetting, typedSettings } from '../options'
import type { Session } from '../session'
import { matricesText, predictionsText, runsText, runText } from '../run-text'
import { diagnosisText, table } from '../text'
import { trainToEnd, waitForRun } from '../training'
import type { AddAction, Said } from './define'

interface TrainOptions {
  dataset: string
  family: string
  preset?: string
  name?: string
  set?: Record<string, string>
}

/** train, runs, compare, predict, export. */
export function addRunVerbs(program: Command, addAction: AddAction): void {
  const trainVerb = program
    .command('train')
    .description('train a model and wait for it; Ctrl-C stops the run and keeps it')
    .requiredOption('--dataset <dataset>', 'its name or id')
    .requiredOption('--family <family>', 'model family, e.g. cnn or mlp')
    .option('--preset <preset>', "a named set of hyperparameters (default: the family's choice for this data)")
    .option('--name <name>', 'name of the run')
    .option('--set <key=value>', 'a hyperparameter; may be given many times', collectSetting)
  addAction(trainVerb, {}, async (session, options: TrainOptions) => {
    const family = await familyNamed(session, options.family)
    const { dataset, preset, name } = options
    const params = typedSettings(options.set ?? {}, family.params)
    return ended(await trainToEnd(session, { dataset, family: family.id, preset, name, params }))
  })

  addRunsVerb(program, addAction)

  const compareVerb = program.command('compare <runs...>').description('compare runs by settings and test results')
  addAction(compareVerb, { reads: true }, async ({ client }, runs: string[]) => {
    const comparison = await client.runs.compare({ runs })
    const settings = Object.entries(comparison.settingsDiff).map(([key, values]) => [
      key,
      ...values.map((value) => JSON.stringify(value) ?? '–'),
    ])
    const diff = table(['setting', ...comparison.runs.map(({ name }) => name)], settings)
    return {
      document: comparisonDocument(comparison),
      text: [runsText(comparison.runs), diff, ...matricesText(comparison)].join('\n'),
    }
  })

  const predictVerb = program
    .command('predict [files...]')
    .description('predict pictures, texts, or every row of a table')
    .option('--text <text...>', 'predict what is written here, by a run that reads texts')
    .requiredOption('--run <run>', 'its id or name')
    .option(
      '--out <file>',
      'write a CSV: the rows, or a line per picture, with prediction and probabilities, or the ends of its interval',
    )
    .option('--thresholds', 'decide by the group thresholds kept with the run')
  addAction(
    predictVerb,
    { reads: true },
    async (
      { client },
      files: string[],
      options: { run: string; out?: string; thresholds?: boolean; text?: string[] },
    ) => {
      const { run, out, thresholds, text = [] } = options
      if (out && files.length > 0) {
        const paths = files.map((file) => resolve(file))
        const document = await client.runs.predictToCsv({ run, files: paths, out: resolve(out), thresholds })
        return { document, text: `${document.count} predictions in ${document.files.join(', ')}` }
      }
      const paths = files.map((file) => resolve(file))
      const predictions = await client.runs.predict({ run, files: paths, texts: text, thresholds })
      return { document: predictions, text: predictionsText(predictions) }
    },
  )

  const exportVerb = program
    .command('export')
    .description('write a trained model for use elsewhere')
    .requiredOption('--run <run>', 'its id or name')
    .requiredOption('--format <format>', ExportFormat.options.join(', '))
    .requiredOption('--out <folder>', 'where to write it')
  addAction(
    exportVerb,
    { reads: true },
    async ({ client }, { run, format, out }: { run: string; format: string; out: string }) => {
      const { data: known } = ExportFormat.safeParse(format)
      if (!known)
        return exportVerb.error(`error: --format is one of ${ExportFormat.options.join(', ')}, not "${format}"`, {
          exitCode: 2,
        })
      const result = await client.runs.export({ run, format: known, out: resolve(out) })
      return { document: result, text: result.files.join('\n') }
    },
  )
}

function addRunsVerb(program: Command, addAction: AddAction): void {
  const runsVerb = program.command('runs').description('list the runs, or show, diagnose, stop, resume or delete one')
  const list = runsVerb.command('list', { isDefault: true }).description('list the runs')
  list.option('--dataset <dataset>', 'only those of one dataset')
  addAction(list, { reads: true }, async ({ client }, { dataset }: { dataset?: string }) => {
    const runs = await client.runs.list({ dataset })
    return { document: runs.map(runDocument), text: runsText(runs) }
  })
  addAction(
    runsVerb.command('show <run>').description('show a run'),
    { reads: true },
    async ({ client }, run: string) => shown(await client.runs.get({ run })),
  )
  addAction(
    runsVerb.command('diagnose <run>').description('say how the training of a run went and what to try next'),
    { reads: true },
    async ({ client }, ref: string) => {
      const run = await client.runs.get({ run: ref })
      const said = diagnose(run, await client.runs.history({ run: run.runId }))
      return { document: { runId: run.runId, ...said }, text: diagnosisText(said) }
    },
  )
  addAction(runsVerb.command('stop <run>').description('stop a run and keep it'), {}, async (session, run: string) => {
    const { runId } = await session.client.runs.stop({ run })
    return shown(await waitForRun(session, runId))
  })
  addAction(
    runsVerb.command('resume <run>').description('go on with a stopped, interrupted or failed run and wait for it'),
    {},
    async (session, run: string) => ended(await resumeToEnd(session, run)),
  )
  addAction(
    runsVerb.command('delete <run>').description('delete a run and free its disk space'),
    {},
    async ({ client }, ref: string) => {
      const run = await client.runs.get({ run: ref })
      await client.runs.delete({ run: run.runId })
      return { document: runDocument(run), text: `${run.name} deleted.` }
    },
  )
}

async function resumeToEnd(session: Session, ref: string): Promise<Run> {
  const { runId } = await session.client.runs.resume({ run: ref })
  return waitForRun(session, runId)
}

const shown = (run: Run): Said => ({ document: runDocument(run), text: runText(run) })

/** A run that failed is told as a run, with its reason, and as exit code 1. */
const ended = (run: Run): Said => ({ ...shown(run), exitCode: run.status === 'failed' ? 1 : 0 })
