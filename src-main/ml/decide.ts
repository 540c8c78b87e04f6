import { WorkbenchError } from '@shared/errors'
import type { GroupThresholds } from '@shared/schemas/fairness'
import type { NewSample, Predicted } from './predict'
import { isSelected } from './audit/thresholds'

/**
 * The class that a run's kept thresholds decide for; the probabilities stay the network's own. `place` numbers the sample
 * within its call, so that the same file gives the same answers. A group that the thresholds do not know keeps the class.
 */
export function decide(
  { sample, class: name, probabilities }: Predicted,
  place: number,
  classes: readonly string[],
  thresholds: GroupThresholds | undefined,
): string {
  if (!thresholds) return name
  const rule = thresholds.groups[groupOf(sample, thresholds)]
  if (!rule) return name
  const positive = classes.indexOf(thresholds.positive)
  if (isSelected(rule, probabilities[positive]!, thresholds.seed, place)) return thresholds.positive
  const others = classes.map((_, k) => k).filter((k) => k !== positive)
  return classes[others.reduce((best, k) => (probabilities[k]! > probabilities[best]! ? k : best))]!
}

function groupOf({ input, name }: NewSample, { sensitive }: GroupThresholds): string {
  if (input.values && Object.hasOwn(input.values, sensitive)) return String(input.values[sensitive] ?? '(missing)')
  throw new WorkbenchError(
    'invalid_input',
    `${name} has no column "${sensitive}", and the thresholds of this run need it. Add the column, or predict without thresholds.`,
  )
}
