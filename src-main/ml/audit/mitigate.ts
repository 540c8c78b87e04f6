import type { FairnessConstraint, GroupThresholds, Mitigation } from '@shared/schemas/fairness'
import type { FairnessMetric } from '../fairness/define'
import { audit, type AuditInput } from './audit'
import { fitThresholds, isSelected, selectionProbability } from './thresholds'

export interface MitigationInput {
  constraint: FairnessConstraint
  tolerance: number
  fittedOn: GroupThresholds['fittedOn']
  /** What the thresholds are found on. */
  fit: { truth: boolean[]; scores: number[]; groups: string[] }
  /** What they are proved on, and how it is audited. */
  test: AuditInput
}

const metricOf: Record<FairnessConstraint, string> = {
  'demographic-parity': 'demographic-parity-difference',
  'equal-opportunity': 'equal-opportunity-difference',
  'equalized-odds': 'equalized-odds-difference',
}

type Options = { signal?: AbortSignal; progress?: (done: number, total: number) => void }

/** Finds thresholds by group on one split and audits another with them and without. */
export async function mitigate(
  input: MitigationInput,
  metrics: readonly FairnessMetric[],
  { signal, progress = () => {} }: Options = {},
): Promise<Mitigation> {
  const { constraint, tolerance, fit, test } = input
  const thresholds: GroupThresholds = {
    sensitive: test.sensitive[0]!,
    positive: test.positive,
    constraint,
    tolerance,
    fittedOn: input.fittedOn,
    seed: test.seed,
    groups: fitThresholds({ ...fit, constraint, tolerance }),
  }
  const { rounds } = test
  const before = await audit(test, metrics, { signal, progress: (done) => progress(done, 2 * rounds) })
  const after = await audit(decided(test, thresholds), metrics, {
    signal,
    progress: (done) => progress(rounds + done, 2 * rounds),
  })
  const frontier = constraint === 'equalized-odds' ? [] : frontierOf(input)
  const report = { thresholds, split: test.split, metric: metricOf[constraint], before, after, frontier }
  return { ...report, summary: summarize(report) }
}

/** The audit's input with the rule's decisions in the place of the scores. */
function decided(test: AuditInput, { groups: rules, seed }: GroupThresholds): AuditInput {
  const scores = test.scores.map((score, i) => {
    const rule = rules[test.groups[i]![0]!]
    return Number(rule ? isSelected(rule, score, seed, i) : score >= test.threshold)
  })
  return { ...test, scores, threshold: 0.5 }
}

/** From no gap allowed to any: accuracy and gap on the held-out split, as expected over the rule's draws. */
function frontierOf({ constraint, fit, test }: MitigationInput): Mitigation['frontier'] {
  const tolerances = [0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 1]
  return tolerances.map((tolerance) => {
    const rules = fitThresholds({ ...fit, constraint, tolerance })
    const counts = new Map<string, { n: number; selected: number }>()
    let right = 0
    test.scores.forEach((score, i) => {
      const group = test.groups[i]![0]!
      const rule = rules[group]
      const chance = rule ? selectionProbability(rule, score) : Number(score >= test.threshold)
      right += test.truth[i] ? chance : 1 - chance
      if (constraint === 'equal-opportunity' && !test.truth[i]) return
      const own = counts.get(group) ?? { n: 0, selected: 0 }
      counts.set(group, { ...own, n: own.n + 1, selected: own.selected + chance })
    })
    const rates = [...counts.values()].map(({ n, selected }) => selected / n)
    const gap = rates.length < 2 ? 0 : Math.max(...rates) - Math.min(...rates)
    return { tolerance, accuracy: right / test.scores.length, gap }
  })
}

const percent = (value: number) => `${(value * 100).toFixed(1)} %`

/** What was won and what it cost; where it got worse, that is said first. */
function summarize({ before, after, metric, thresholds, split }: Omit<Mitigation, 'summary'>): string[] {
  const title = before.metrics.find(({ id }) => id === metric)?.title.toLowerCase() ?? metric
  const gapOf = (one: Mitigation['before'], id: string) =>
    one.disparities.find((found) => found.metric === id)?.value ?? null
  const [was, is] = [gapOf(before, metric), gapOf(after, metric)]
  const [accuracyWas, accuracyIs] = [before, after].map(({ overall }) => overall['accuracy']!.value!) as [
    number,
    number,
  ]
  const cost = accuracyWas - accuracyIs
  const paid =
    Math.abs(cost) < 5e-4
      ? 'at no cost in accuracy'
      : cost > 0
        ? `at a cost of ${percent(cost)} in accuracy (${percent(accuracyWas)} to ${percent(accuracyIs)})`
        : `and accuracy rises from ${percent(accuracyWas)} to ${percent(accuracyIs)}`
  if (was === null || is === null) return [`The ${title} is not defined on the ${split} split.`]
  const headline =
    is < was
      ? `On the ${split} split the ${title} falls from ${was.toFixed(3)} to ${is.toFixed(3)}, ${paid}.`
      : `It got no better: on the ${split} split the ${title} goes from ${was.toFixed(3)} to ${is.toFixed(3)}, ${paid}.`
  const worse = before.disparities
    .filter(({ kind, metric: id, value }) => kind === 'difference' && id !== metric && value !== null)
    .flatMap(({ metric: id, value }) => {
      const now = gapOf(after, id)
      const name = before.metrics.find((one) => one.id === id)!.title
      return now !== null && now > value! + 0.005
        ? [`${name} got worse: ${value!.toFixed(3)} to ${now.toFixed(3)}.`]
        : []
    })
  const isMixed = Object.values(thresholds.groups).some(
    ({ p0, ignore }) => (p0 > 1e-9 && p0 < 1 - 1e-9) || ignore > 1e-9,
  )
  return [
    headline,
    ...worse,
    `The thresholds were found on the ${thresholds.fittedOn} split; the figures are of the ${split} split, which took no part.`,
    ...(isMixed
      ? ['Between two thresholds one is drawn at random, so two alike people may be decided differently.']
      : []),
    'Deciding by group is itself treating groups differently: in some places and uses of a model the law forbids it.',
  ]
}
