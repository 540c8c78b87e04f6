import { InvalidArgumentError, type Command } from 'commander'
import { SweepStrategy, type Dimension, type Sweep, type SweepSpec } from '@shared/schemas/sweep'
import { familyNamed } from '../families'
import { collectSetting, integer, typedSettings } from '../options'
import type { Session } from '../session'
import { sweepsText, sweepText } from '../text'
import type { AddAction, Said } from './define'

interface SweepOptions {
  dataset: string
  family: string
  preset?: string
  name?: string
  vary: Record<string, Dimension>
  set?: Record<string, string>
  strategy: SweepSpec['strategy']
  trials: number
  seeds: number
  objective: SweepSpec['objective']
  seed: number
}

/** sweep, sweeps. */
export function addSweepVerbs(program: Command, addAction: AddAction): void {
  const sweepVerb = program
    .command('sweep')
    .description('try many settings and wait; Ctrl-C stops the sweep and keeps its runs')
    .requiredOption('--dataset <dataset>', 'its name or id')
    .requiredOption('--family <family>', 'model family, e.g. cnn or mlp')
    .requiredOption(
      '--vary <key=values>',
      'a hyperparameter and what it may be: units=16,32,64, dropout=0..0.5 or learningRate=log:0.0001..0.1; may be given many times',
      collectDimension,
    )
    .option('--set <key=value>', 'a hyperparameter that stays; may be given many times', collectSetting)
    .option('--preset <preset>', 'a named set of hyperparameters to begin with')
    .option('--name <name>', 'name of the sweep')
    .option('--strategy <strategy>', SweepStrategy.options.join(', '), strategyNamed, 'random')
    .option('--trials <n>', 'configurations to draw', integer, 20)
    .option('--seeds <n>', 'runs of each configuration', integer, 1)
    .option(
      '--objective <objective>',
      'accuracy (of numbers: mae), loss or mae, of the validation split',
      objectiveNamed,
      'accuracy',
    )
    .option('--seed <n>', 'fixes what is drawn', integer, 1)
  addAction(sweepVerb, {}, async (session, { vary, set = {}, ...options }: SweepOptions) => {
    const family = await familyNamed(session, options.family)
    const space = integerRanges(vary, (key) => family.params.properties[key]?.type === 'integer')
    const params = typedSettings(set, family.params)
    const { sweepId } = await session.client.sweeps.start({ ...options, params, space })
    return shown(await waitForSweep(session, sweepId))
  })

  const sweepsVerb = program.command('sweeps').description('list the sweeps, or show, stop, resume or delete one')
  const list = sweepsVerb.command('list', { isDefault: true }).description('list the sweeps')
  list.option('--dataset <dataset>', 'only those of one dataset')
  addAction(list, { reads: true }, async ({ client }, { dataset }: { dataset?: string }) => {
    const sweeps = await client.sweeps.list({ dataset })
    return { document: sweeps, text: sweepsText(sweeps) }
  })
  addAction(
    sweepsVerb.command('show <sweep>').description('show a sweep with its trials'),
    { reads: true },
    async ({ client }, sweep: string) => shown(await client.sweeps.get({ sweep })),
  )
  addAction(
    sweepsVerb.command('resume <sweep>').description('go on with a stopped or interrupted sweep and wait'),
    {},
    async (session, sweep: string) => {
      const { sweepId } = await session.client.sweeps.resume({ sweep })
      return shown(await waitForSweep(session, sweepId))
    },
  )
  const deletion = sweepsVerb.command('delete <sweep>').description('delete a sweep; its runs stay unless told')
  deletion.option('--runs', 'its runs, too')
  addAction(deletion, {}, async ({ client }, sweep: string, { runs = false }: { runs?: boolean }) => {
    const document = await client.sweeps.delete({ sweep, runs })
    return { document, text: `${sweep} deleted.` }
  })
}

const shown = (sweep: Sweep): Said => ({ document: sweep, text: sweepText(sweep) })

/** Waits until a sweep has ended; Ctrl-C stops it, and what it trained is kept. */
async function waitForSweep({ client, workbench, signal, reporter }: Session, sweepId: string): Promise<Sweep> {
  let told = 0
  return new Promise((resolve, reject) => {
    const look = (sweep: Sweep) => {
      const ended = sweep.trials.filter(({ state }) => state !== 'waiting' && state !== 'running')
      const isRunning = sweep.trials.some(({ state }) => state === 'running')
      if (ended.length > told) reporter.note(`${(told = ended.length)} of ${sweep.trials.length} trials ended`)
      if (sweep.status === 'running' || (sweep.status === 'stopped' && isRunning)) return
      off()
      signal.removeEventListener('abort', stop)
      resolve(sweep)
    }
    const stop = () => void workbench.call('sweeps.stop', { sweep: sweepId })
    const off = workbench.on('sweeps.changed', (sweep) => sweep.sweepId === sweepId && look(sweep))
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    // It may have ended before we listened.
    client.sweeps.get({ sweep: sweepId }).then(look, reject)
  })
}

/** `units=16,32`, `dropout=0..0.5`, `learningRate=log:1e-4..1e-1` → dimensions by key. */
export function collectDimension(text: string, sofar: Record<string, Dimension> = {}): Record<string, Dimension> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError(`"${text}" is no pair; write key=values.`)
  return { ...sofar, [text.slice(0, at).trim()]: dimensionOf(text.slice(at + 1).trim()) }
}

function dimensionOf(text: string): Dimension {
  const range = /^(log:)?(-?[\d.eE+-]+?)\.\.(-?[\d.eE+-]+)$/.exec(text)
  if (range) {
    const [low, high] = [Number(range[2]), Number(range[3])]
    if (!Number.isFinite(low) || !Number.isFinite(high))
      throw new InvalidArgumentError(`"${text}" is no range of numbers; write low..high.`)
    return { kind: 'range', low, high, scale: range[1] ? 'log' : 'linear', integer: false, steps: 3 }
  }
  const values = text.split(',').map((part) => part.trim())
  if (values.some((value) => value === '')) throw new InvalidArgumentError(`"${text}" names an empty value.`)
  return { kind: 'choice', values: values.map(parsed) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

const integerRanges = (space: Record<string, Dimension>, isInteger: (key: string) => boolean) =>
  Object.fromEntries(
    Object.entries(space).map(([key, dimension]) => [
      key,
      dimension.kind === 'range' ? { ...dimension, integer: isInteger(key) } : dimension,
    ]),
  )

function strategyNamed(text: string): SweepSpec['strategy'] {
  const { data } = SweepStrategy.safeParse(text)
  if (!data) throw new InvalidArgumentError(`It is one of ${SweepStrategy.options.join(', ')}.`)
  return data
}

function objectiveNamed(text: string): SweepSpec['objective'] {
  if (text === 'accuracy' || text === 'loss' || text === 'mae') return text
  throw new InvalidArgumentError('It is accuracy, loss or mae.')
}
