import { throwIfAborted } from '@shared/errors'
import type { Estimate, Shortcut, ShortcutReport } from '@shared/schemas/shortcut'
import { breathe, evaluationBatch } from '../evaluate'
import { randomStream } from '../random'
import { tf } from '../tf'
import { correctedLow, dropsByClass, estimate, type Probabilities } from './effects'
import type { Candidate, Lens, LookedAt } from './lens'
import { sharedArea } from './regions'

/** A fall of the probability that is worth naming; and the fall and the rise that make it strong. */
const worthNaming = 0.02
const strongFall = 0.1
const strongRise = 0.3
const mostFound = 12
const examplesShown = 6
/** Of two regions that overlap the smaller stays, unless the larger does so much more. */
const largerPays = 1.15

interface Measured extends Candidate {
  at: number
  drop: Estimate
  rise: Estimate | null
  byClass: (Estimate | null)[]
  score: number
}

type Found = Pick<ShortcutReport, 'kind' | 'found' | 'candidates'>

/**
 * What the model leans on, strongest first: each candidate is masked in all samples, and what its attributions say is only
 * a hint where to look. The rank is the fall of its class's probability plus the rise that it brings to samples of other
 * classes; what is named falls for certain after correction for the number of candidates and classes.
 */
export async function findShortcuts(looked: LookedAt, lens: Lens, ids: number[]): Promise<Found> {
  const { trained, targets, signal, progress } = looked
  const { classes } = trained.meta
  const before = await ask(looked, lens.encoded)
  const measured: Measured[] = []
  for (const [i, candidate] of lens.candidates.entries()) {
    throwIfAborted(signal)
    const one = await measure(looked, lens, candidate, before)
    if (one) measured.push(one)
    progress((i + 1) / lens.candidates.length)
  }
  const statements = lens.candidates.length * classes.length
  const named = measured.filter(({ drop }) => correctedLow(drop, statements) > worthNaming)
  const found = withoutOverlaps(named.sort((a, b) => b.score - a.score)).slice(0, mostFound)
  return {
    kind: lens.kind,
    candidates: lens.candidates.length,
    found: found.map((one) => describe(one, lens, classes, examplesOf(one, lens, targets, ids))),
  }
}

async function measure(
  looked: LookedAt,
  lens: Lens,
  candidate: Candidate,
  before: Probabilities,
): Promise<Measured | null> {
  const { targets, trained } = looked
  const count = trained.meta.classes.length
  const having = lens.having(candidate)
  if (having.length === 0) return null
  const after = before.slice()
  const changed = await ask(looked, lens.without(candidate, having))
  having.forEach((index, i) => after.set(changed.subarray(i * count, (i + 1) * count), index * count))
  const byClass = dropsByClass(targets, count, before, after)
  const at = byClass.reduce((best, each, k) => ((each?.value ?? -1) > (byClass[best]?.value ?? -1) ? k : best), 0)
  const drop = byClass[at]!
  const rise = drop.value > worthNaming ? await riseOf(looked, lens, candidate, { having, before, at }) : null
  return { ...candidate, at, drop, rise, byClass, score: drop.value + Math.max(0, rise?.value ?? 0) }
}

/** What samples of other classes gain for class `at` when they are given what its own samples have. */
async function riseOf(
  looked: LookedAt,
  lens: Lens,
  candidate: Candidate,
  { having, before, at }: { having: number[]; before: Probabilities; at: number },
): Promise<Estimate | null> {
  const { targets, trained } = looked
  const count = trained.meta.classes.length
  const donors = having.filter((i) => targets[i] === at)
  const others = [...targets.keys()].filter((i) => targets[i] !== at)
  if (donors.length === 0 || others.length === 0) return null
  const random = randomStream(13)
  const chosen = others.map(() => donors[random.below(donors.length)]!)
  const after = await ask(looked, lens.given(candidate, others, chosen))
  return estimate(others.map((index, i) => after[i * count + at]! - before[index * count + at]!))
}

async function ask({ trained, signal }: LookedAt, encoded: Float32Array): Promise<Probabilities> {
  const size = trained.inputShape.reduce((product, length) => product * length, 1)
  const count = trained.meta.classes.length
  const rows = encoded.length / size
  const batch = evaluationBatch(size)
  const answers = new Float32Array(rows * count)
  for (let from = 0; from < rows; from += batch) {
    throwIfAborted(signal)
    const to = Math.min(rows, from + batch)
    const input = tf.tensor(encoded.subarray(from * size, to * size), [to - from, ...trained.inputShape])
    const probabilities = trained.probabilities(input)
    answers.set(probabilities.dataSync() as Float32Array, from * count)
    tf.dispose([input, probabilities])
    await breathe()
  }
  return answers
}

/** Regions that overlap one that stays are left out; strongest first comes in and goes out. */
function withoutOverlaps(named: Measured[]): Measured[] {
  const kept: Measured[] = []
  for (const one of named) {
    const rival = kept.findIndex(
      ({ box, at }) => box && one.box && at === one.at && 3 * sharedArea(box, one.box) >= smaller(box, one.box),
    )
    if (rival < 0) kept.push(one)
    else if (area(one.box!) < area(kept[rival]!.box!) && kept[rival]!.score < largerPays * one.score) kept[rival] = one
  }
  return kept.sort((a, b) => b.score - a.score)
}

const area = ({ width, height }: { width: number; height: number }) => width * height
const smaller = (a: NonNullable<Candidate['box']>, b: NonNullable<Candidate['box']>) => Math.min(area(a), area(b))

const examplesOf = ({ at, ...candidate }: Measured, lens: Lens, targets: Int32Array, ids: number[]) =>
  lens
    .having(candidate)
    .filter((i) => targets[i] === at)
    .slice(0, examplesShown)
    .map((i) => ids[i]!)

function describe(one: Measured, { kind, how }: Lens, classes: string[], examples: number[]): Shortcut {
  const { title, share, mask, region, drop, rise, byClass, at } = one
  const isStrong = drop.low >= strongFall && rise !== null && rise.low >= strongRise
  const points = ({ value, low, high }: Estimate) =>
    `${(100 * value).toFixed(1)} points (95 % interval ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`
  const name = classes[at]!
  const fall = `With ${title} ${how.without}, the probability of “${name}” falls by ${points(drop)} over its ${drop.n} samples.`
  const gain =
    rise && ` It changes by ${points(rise)} in ${rise.n} samples of other classes when it is ${how.given} them.`
  const verdict = isStrong ? ' It goes a long way to decide by itself: ask whether it should.' : ''
  return {
    kind,
    title,
    class: name,
    share,
    drop,
    rise,
    byClass: byClass.flatMap((each, k) => (each ? [{ class: classes[k]!, drop: each }] : [])),
    isStrong,
    text: `${fall}${gain ?? ''}${verdict}`,
    mask,
    ...(region && { region }),
    examples,
  }
}
