import type { Audit, AuditGroup, Disparity } from '@shared/schemas/fairness'

const fourFifths = 0.8
const percent = (value: number) => `${(value * 100).toFixed(1)} %`
/** Two digits, or as many more as it takes to keep 0.7981 from reading as the 0.80 that it fails. */
function figure(value: number): string {
  const digits = [2, 3, 4].find((n) => Number(value.toFixed(n)) < fourFifths === value < fourFifths)
  return value.toFixed(digits ?? 5)
}
const nameOf = ({ group }: AuditGroup) => Object.values(group).join(' · ')

/** What an audit found, in sentences that need no statistics. The first is the headline. */
export function summarize(audit: Draft): string[] {
  if (audit.byGroup.length < 2) {
    const [only] = audit.byGroup
    return [
      `There is only one group${only ? `, "${nameOf(only)}"` : ''}, so nothing can be compared.`,
      'Choose another sensitive feature, or a split in which several groups occur.',
    ]
  }
  return [
    ...selection(audit),
    ...opportunity(audit),
    ...errors(audit),
    ...labels(audit),
    findings(audit),
    ...cautions(audit),
    'These figures describe one model on one dataset. They are evidence, not a legal verdict.',
  ]
}

const disparity = (audit: Draft, id: string): Disparity | undefined =>
  audit.disparities.find(({ metric }) => metric === id)

function rateOf(audit: Draft, name: string | undefined, metric: string): number | null {
  const group = audit.byGroup.find((candidate) => nameOf(candidate) === name)
  return group?.metrics[metric]?.value ?? null
}

function selection(audit: Draft): string[] {
  const ratio = disparity(audit, 'demographic-parity-ratio')
  if (audit.overall['selection-rate']?.value === 0)
    return [
      `Nobody gets "${audit.positive}" at the threshold ${audit.threshold}, so the groups cannot be compared by it.`,
      'Choose a lower threshold.',
    ]
  const [low, high] = ratio?.groups ?? []
  const [lowRate, highRate] = [rateOf(audit, low, 'selection-rate'), rateOf(audit, high, 'selection-rate')]
  if (!ratio || ratio.value === null || lowRate === null || highRate === null)
    return ['How often each group gets the favourable answer cannot be compared: too few groups have samples.']
  if (ratio.value === 1)
    return [`All groups get "${audit.positive}" equally often (${percent(highRate)}).`, certainty(ratio, audit.level)]
  const [least, most] = audit.byGroup.length > 2 ? [' least often', ' most often'] : ['', '']
  const verdict = ratio.value < fourFifths ? 'which fails' : 'which meets'
  const headline =
    `"${low}" gets "${audit.positive}"${least} (${percent(lowRate)} of cases), "${high}"${most} (${percent(highRate)}): ` +
    `a ratio of ${figure(ratio.value)}, ${verdict} the four-fifths rule (at least 0.80).`
  return [headline, certainty(ratio, audit.level)]
}

function certainty({ low, high, isFinding }: Disparity, level: number): string {
  if (low === null || high === null) return 'How sure that is cannot be told from these samples.'
  const range = `With these samples the ratio may lie anywhere from ${figure(low)} to ${figure(high)} (${Math.round(level * 100)} % interval)`
  if (isFinding && high < fourFifths) return `${range}: the rule is failed beyond what chance explains.`
  if (low >= fourFifths) return `${range}: the rule is met beyond what chance explains.`
  return `${range}, so it is not certain on which side of 0.80 it is. More samples would tell.`
}

function opportunity(audit: Draft): string[] {
  const gap = disparity(audit, 'equal-opportunity-difference')
  const [low, high] = gap?.groups ?? []
  const [lowRate, highRate] = [rateOf(audit, low, 'true-positive-rate'), rateOf(audit, high, 'true-positive-rate')]
  if (!gap || !gap.value || lowRate === null || highRate === null) return []
  return [
    `Among those whose true outcome is "${audit.positive}", the model finds ${percent(lowRate)} of "${low}" and ` +
      `${percent(highRate)} of "${high}"; ${chance(audit, 'true-positive-rate', gap)}.`,
  ]
}

/** Only where the false alarms are what equalized odds breaks on: otherwise the sentence before has said it. */
function errors(audit: Draft): string[] {
  const gap = disparity(audit, 'equalized-odds-difference')
  if (!gap || !gap.value || gap.value === disparity(audit, 'equal-opportunity-difference')?.value) return []
  const [low, high] = gap.groups
  const [lowRate, highRate] = [rateOf(audit, low, 'false-positive-rate'), rateOf(audit, high, 'false-positive-rate')]
  if (lowRate === null || highRate === null) return []
  return [
    `Among those whose true outcome is another, ${percent(lowRate)} of "${low}" and ${percent(highRate)} of "${high}" ` +
      `get "${audit.positive}" all the same; ${chance(audit, 'false-positive-rate', gap)}.`,
  ]
}

type Draft = Omit<Audit, 'summary'>

const comparisonOf = ({ comparisons }: Draft, metric: string, [one, other]: readonly string[]) =>
  comparisons.find(
    (found) => found.metric === metric && found.groups.includes(one ?? '') && found.groups.includes(other ?? ''),
  )

/** What may be said of the two groups at the ends of a gap: only what survived the correction is a finding. */
function chance(audit: Draft, metric: string, { groups }: Disparity): string {
  const found = comparisonOf(audit, metric, groups)
  if (!found) return 'one of the groups is too small to say more'
  return found.isFinding ? 'that is further apart than chance explains' : 'chance alone could explain that'
}

/** Bias that was there before the model: the labels themselves differ. */
function labels(audit: Draft): string[] {
  const found = audit.comparisons.filter(({ metric, isFinding }) => metric === 'base-rate' && isFinding)
  const widest = found.sort((a, b) => Math.abs(b.difference.value!) - Math.abs(a.difference.value!))[0]
  if (!widest) return []
  const [one, other] = widest.groups
  const [rate, against] = [rateOf(audit, one, 'base-rate'), rateOf(audit, other, 'base-rate')]
  return [
    `The labels themselves differ: ${percent(rate!)} of "${one}" and ${percent(against!)} of "${other}" are "${audit.positive}" ` +
      'in the data. Whether that is the world or how it was recorded, no figure here can tell.',
  ]
}

function findings({ comparisons, level }: Draft): string {
  const rate = `at a false discovery rate of ${Math.round((1 - level) * 100)} %`
  if (comparisons.length === 0) return 'No two groups are large enough to be compared, so nothing is called a finding.'
  const found = comparisons.filter(({ isFinding }) => isFinding).length
  const tested = comparisons.length === 1 ? 'The one comparison' : `Of ${comparisons.length} comparisons between groups`
  if (found === 0)
    return comparisons.length === 1
      ? `${tested} between groups does not survive its permutation test, so nothing is called a finding.`
      : `${tested} none survives the correction for their number (${rate}), so nothing is called a finding.`
  return `${tested}${comparisons.length === 1 ? ' between groups survives its test' : `, ${found} ${found === 1 ? 'survives' : 'survive'} the correction for their number`} (${rate}): these are the findings.`
}

function cautions({ byGroup, split, unlabelled }: Draft): string[] {
  const small = byGroup.filter((group) => group.small)
  const missing = byGroup.filter(({ group }) => Object.values(group).includes('(missing)'))
  const sentences: string[] = []
  if (small.length > 0) {
    const names = small.map((group) => `"${nameOf(group)}" (${group.n})`).join(', ')
    sentences.push(`Too few samples for a firm statement: ${names}. Read their figures as a hint.`)
  }
  if (missing.length > 0) sentences.push('Samples without a value of the sensitive feature form the group "(missing)".')
  if (unlabelled === 1) sentences.push(`One sample of the ${split} split has no label and is left out.`)
  if (unlabelled > 1) sentences.push(`${unlabelled} samples of the ${split} split have no label and are left out.`)
  return sentences
}
