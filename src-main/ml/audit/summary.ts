import type { Audit, AuditGroup, Disparity } from '@shared/schemas/fairness'

const fourFifths = 0.8
const percent = (value: number) => `${(value * 100).toFixed(1)} %`
const figure = (value: number) => value.toFixed(2)
const nameOf = ({ group }: AuditGroup) => Object.values(group).join(' · ')

/** What an audit found, in sentences that need no statistics. The first is the headline. */
export function summarize(audit: Omit<Audit, 'summary'>): string[] {
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
    ...cautions(audit),
    'These figures describe one model on one dataset. They are evidence, not a legal verdict.',
  ]
}

const disparity = (audit: Omit<Audit, 'summary'>, id: string): Disparity | undefined =>
  audit.disparities.find(({ metric }) => metric === id)

function rateOf(audit: Omit<Audit, 'summary'>, name: string | undefined, metric: string): number | null {
  const group = audit.byGroup.find((candidate) => nameOf(candidate) === name)
  return group?.metrics[metric]?.value ?? null
}

function selection(audit: Omit<Audit, 'summary'>): string[] {
  const ratio = disparity(audit, 'demographic-parity-ratio')
  const [low, high] = ratio?.groups ?? []
  const [lowRate, highRate] = [rateOf(audit, low, 'selection-rate'), rateOf(audit, high, 'selection-rate')]
  if (!ratio || ratio.value === null || lowRate === null || highRate === null)
    return ['How often each group gets the favourable answer cannot be compared: too few groups have samples.']
  if (ratio.value === 1) return [`All groups get "${audit.positive}" equally often (${percent(highRate)}).`]
  const isBelow = ratio.value < fourFifths
  const headline =
    `"${low}" gets "${audit.positive}" in ${percent(lowRate)} of cases, "${high}" in ${percent(highRate)}: ` +
    `a ratio of ${figure(ratio.value)}, ${isBelow ? 'below' : 'within'} the four-fifths rule (0.80).`
  return [headline, certainty(ratio, audit.level)]
}

function certainty({ low, high }: Disparity, level: number): string {
  if (low === null || high === null) return 'How sure that is cannot be told from these samples.'
  const range = `With these samples the ratio may lie anywhere from ${figure(low)} to ${figure(high)} (${Math.round(level * 100)} % interval)`
  if (high < fourFifths) return `${range}: the rule is failed beyond what chance explains.`
  if (low >= fourFifths) return `${range}: the rule is met beyond what chance explains.`
  return `${range}, so it is not certain on which side of 0.80 it is. More samples would tell.`
}

function opportunity(audit: Omit<Audit, 'summary'>): string[] {
  const gap = disparity(audit, 'equal-opportunity-difference')
  const [low, high] = gap?.groups ?? []
  const [lowRate, highRate] = [rateOf(audit, low, 'true-positive-rate'), rateOf(audit, high, 'true-positive-rate')]
  if (!gap || gap.value === null || gap.value === 0 || lowRate === null || highRate === null) return []
  return [
    `Among those whose true outcome is "${audit.positive}", the model finds ${percent(lowRate)} of "${low}" and ${percent(highRate)} of "${high}".`,
  ]
}

function cautions({ byGroup }: Omit<Audit, 'summary'>): string[] {
  const small = byGroup.filter((group) => group.small)
  const missing = byGroup.filter(({ group }) => Object.values(group).includes('(missing)'))
  const sentences: string[] = []
  if (small.length > 0) {
    const names = small.map((group) => `"${nameOf(group)}" (${group.n})`).join(', ')
    sentences.push(`Too few samples for a firm statement: ${names}. Read their figures as a hint.`)
  }
  if (missing.length > 0) sentences.push('Samples without a value of the sensitive feature form the group "(missing)".')
  return sentences
}
