import type { EpochEnded, Params, Run } from './schemas/run'

export type Ailment =
  'overfitting' | 'underfitting' | 'still-improving' | 'diverging' | 'not-learning' | 'healthy' | 'unknown'

export interface Diagnosis {
  ailment: Ailment
  /** What is going on, in one sentence. */
  verdict: string
  /** The figures that say so. */
  evidence: string
  /** What to try next, most promising first; `change` goes over the settings of the run. */
  remedies: { title: string; change: Params }[]
}

interface Point {
  epoch: number
  train: number
  validation: number
}

/** A rise of the validation loss above its best by this share is not taken for noise. */
const riseShare = 0.1
/** Accuracy on training data may exceed that on validation data by this much. */
const gapAllowed = 0.06
/** Fall of the validation loss over the last fifth that still counts as learning: a share of it, and nats. */
const fallShare = 0.02
const fallNats = 0.003

/**
 * Reads the curves of a run that ended and says in a sentence how the training went and what to try next: overfitting is a
 * validation loss that rises while the training loss falls, or an accuracy that holds on training data only; see Goodfellow,
 * Bengio & Courville, "Deep Learning", 2016, sections 5.2 and 11.4.
 *
 * @param history every epoch in order
 * @returns `unknown` where there is too little to say
 */
export function diagnose(run: Run, history: readonly EpochEnded[]): Diagnosis {
  const losses = history.map(({ train }) => train.loss).filter((loss) => loss !== null)
  if (losses.length < 3) return unknown('Fewer than three epochs are too short to judge.')
  const diverged = divergence(run, losses)
  if (diverged) return diverged
  const points: Point[] = history.flatMap(({ epoch, train, validation }) =>
    train.loss !== null && validation?.loss != null ? [{ epoch, train: train.loss, validation: validation.loss }] : [],
  )
  if (points.length < 3)
    return unknown(
      'Without a validation split nobody can tell learning from memorising. Give some samples to validation.',
    )
  return notLearning(run, losses) ?? overfitting(run, points) ?? learning(run, points, history)
}

const unknown = (verdict: string): Diagnosis => ({ ailment: 'unknown', verdict, evidence: '', remedies: [] })
const percent = (rate: number) => `${(rate * 100).toFixed(1)} %`
const short = (loss: number) => loss.toPrecision(3)

function divergence({ params }: Run, losses: number[]): Diagnosis | null {
  const [first, last] = [losses[0]!, losses.at(-1)!]
  if (last < 1.5 * first) return null
  return {
    ailment: 'diverging',
    verdict: 'The training diverges: its steps are too long, so the loss climbs instead of falling.',
    evidence: `Training loss from ${short(first)} in the first epoch to ${short(last)} in the last.`,
    remedies: [slower(params), ...clipped(params)],
  }
}

function notLearning({ params, metrics, baseline }: Run, losses: number[]): Diagnosis | null {
  const [first, last] = [losses[0]!, losses.at(-1)!]
  const [accuracy, majority] = [metrics.train?.accuracy ?? null, baseline.majorityAccuracy]
  const guesses = accuracy !== null && majority !== null && accuracy <= majority + 0.02 && last > 0.9 * first
  // The first epoch begins before anything is learnt: where its mean loss is the last one's, nothing was.
  if (!guesses && last < 0.995 * first) return null
  const held = guesses
    ? ` Accuracy ${percent(accuracy)} on the training data itself; always guessing the most frequent class gets ${percent(majority)}.`
    : ''
  return {
    ailment: 'not-learning',
    verdict: 'The network learns next to nothing.',
    evidence: `Training loss ${short(first)} in the first epoch, ${short(last)} in the last.${held}`,
    remedies: [faster(params), ...wider(params), ...balanced(params)],
  }
}

function overfitting({ params, metrics }: Run, points: Point[]): Diagnosis | null {
  const best = points.reduce((lowest, point) => (point.validation < lowest.validation ? point : lowest))
  const last = points.at(-1)!
  const rises = last.validation > best.validation * (1 + riseShare) && last.train < best.train
  const [train, validation] = [metrics.train?.accuracy ?? null, metrics.validation?.accuracy ?? null]
  const gap = train !== null && validation !== null ? train - validation : 0
  if (!rises && gap <= gapAllowed) return null
  const rise = `Validation loss lowest in epoch ${best.epoch} (${short(best.validation)}), then up to ${short(last.validation)} while the training loss kept falling.`
  const held = `Accuracy ${percent(train ?? 0)} on training data, ${percent(validation ?? 0)} on validation data.`
  return {
    ailment: 'overfitting',
    verdict: 'The network overfits: it learns its training samples by heart, and new ones gain nothing from it.',
    evidence: [rises ? rise : null, gap > gapAllowed ? held : null].filter(Boolean).join(' '),
    remedies: [
      ...(rises ? stoppedEarly(params) : []),
      ...augmented(params),
      ...dropped(params),
      ...penalised(params),
    ].slice(0, 3),
  }
}

function learning({ params, metrics }: Run, points: Point[], history: readonly EpochEnded[]): Diagnosis {
  const fifth = Math.max(1, Math.floor(points.length / 5))
  const lowest = (some: Point[]) => Math.min(...some.map(({ validation }) => validation))
  const [before, end] = [lowest(points.slice(0, -fifth)), lowest(points.slice(-fifth))]
  const fall = (before - end) / Math.max(before, Number.EPSILON)
  const train = metrics.train?.accuracy ?? history.at(-1)?.train.accuracy ?? null
  const validation = metrics.validation?.accuracy ?? null
  if (fall > fallShare && before - end > fallNats)
    return {
      ailment: 'still-improving',
      verdict: 'It was still getting better when it ended: give it more time.',
      evidence: `Validation loss from ${short(before)} to ${short(end)} in the last ${fifth === 1 ? 'epoch' : `${fifth} epochs`}.`,
      remedies: [longer(params), faster(params)],
    }
  if (train !== null && train < 0.9)
    return {
      ailment: 'underfitting',
      verdict: 'The network has learnt what it can: it is no better on its own training samples than on new ones.',
      evidence: `Accuracy ${percent(train)} on training data${validation === null ? '' : `, ${percent(validation)} on validation data`}, and the loss falls no more. The data may hold no more than that.`,
      remedies: [...wider(params), ...deeper(params), ...loosened(params)].slice(0, 3),
    }
  return {
    ailment: 'healthy',
    verdict: 'A healthy run: training and validation went down together and have settled.',
    evidence:
      train !== null && validation !== null
        ? `Accuracy ${percent(train)} on training data, ${percent(validation)} on validation data.`
        : '',
    remedies: [],
  }
}

const numberOf = (params: Params, key: string) => Number(params[key] ?? 0)
const has = (params: Params, key: string) => Object.hasOwn(params, key)
/** Two significant digits: what a person would have typed. */
const rounded = (value: number) => Number(value.toPrecision(2))

type Remedy = Diagnosis['remedies'][number]

function slower(params: Params): Remedy {
  const learningRate = rounded(numberOf(params, 'learningRate') / 5)
  return { title: `Learning rate ${learningRate}`, change: { learningRate } }
}

function faster(params: Params): Remedy {
  const learningRate = rounded(numberOf(params, 'learningRate') * 3)
  return { title: `Learning rate ${learningRate}`, change: { learningRate } }
}

function longer(params: Params): Remedy {
  const epochs = Math.min(10_000, numberOf(params, 'epochs') * 2)
  return { title: `${epochs} epochs`, change: { epochs } }
}

const clipped = (params: Params): Remedy[] =>
  numberOf(params, 'gradientClip') > 0 ? [] : [{ title: 'Clip gradients at 1', change: { gradientClip: 1 } }]

const balanced = (params: Params): Remedy[] =>
  params['classWeights'] === 'none'
    ? [{ title: 'Let rare classes count for more', change: { classWeights: 'balanced' } }]
    : []

const stoppedEarly = (params: Params): Remedy[] =>
  params['earlyStopping'] === false
    ? [{ title: 'Stop early, keep the best epoch', change: { earlyStopping: true } }]
    : []

const augmented = (params: Params): Remedy[] =>
  params['augment'] === false ? [{ title: 'Augment the pictures', change: { augment: true } }] : []

function dropped(params: Params): Remedy[] {
  const dropout = Math.min(0.6, rounded(numberOf(params, 'dropout') + 0.2))
  if (!has(params, 'dropout') || dropout <= numberOf(params, 'dropout')) return []
  return [{ title: `Dropout ${dropout}`, change: { dropout } }]
}

function penalised(params: Params): Remedy[] {
  if (params['optimizer'] === 'adamw') {
    const weightDecay = rounded(Math.max(0.0005, numberOf(params, 'weightDecay') * 5))
    return [{ title: `Weight decay ${weightDecay}`, change: { weightDecay } }]
  }
  const l2 = rounded(Math.max(0.0005, numberOf(params, 'l2') * 3))
  return [{ title: `L2 penalty ${l2}`, change: { l2 } }]
}

/** Less of what holds it back. */
function loosened(params: Params): Remedy[] {
  const change: Params = {}
  for (const key of ['dropout', 'l1', 'l2', 'weightDecay']) if (numberOf(params, key) > 0) change[key] = 0
  return Object.keys(change).length > 0 ? [{ title: 'No dropout and no penalties', change }] : []
}

function wider(params: Params): Remedy[] {
  const key = ['filters', 'units'].find((name) => has(params, name))
  if (!key) return []
  const width = numberOf(params, key) * 2
  return [{ title: `${width} ${key}`, change: { [key]: width } }]
}

function deeper(params: Params): Remedy[] {
  if (!has(params, 'hiddenLayers')) return []
  const hiddenLayers = numberOf(params, 'hiddenLayers') + 1
  return [{ title: `${hiddenLayers} hidden layers`, change: { hiddenLayers } }]
}
