import { WorkbenchError } from '@shared/errors'
import type { Derivation, FieldValue } from '@shared/schemas/dataset'

/** Throws `invalid_input` where a derivation cannot be meant: unsorted cuts, a label too few. */
export function checkDerivation(derivation: Derivation): void {
  if (derivation.kind === 'map') {
    if (Object.keys(derivation.map).length > 0) return
    throw new WorkbenchError('invalid_input', 'The map is empty. Name at least one value, as in "A92=female".')
  }
  const { cuts, labels } = derivation
  if (cuts.some((cut, i) => i > 0 && cut <= cuts[i - 1]!))
    throw new WorkbenchError('invalid_input', `Cut points must ascend; got ${cuts.join(', ')}.`)
  if (labels.length !== cuts.length + 1) {
    throw new WorkbenchError(
      'invalid_input',
      `${cuts.length} cut points make ${cuts.length + 1} bins, so ${cuts.length + 1} labels are needed; got ${labels.length}.`,
    )
  }
  if (new Set(labels).size !== labels.length)
    throw new WorkbenchError('invalid_input', `Each bin needs a label of its own; got ${labels.join(', ')}.`)
}

/**
 * The derived value of one source value. Bins: value < cut belongs to the bin before it, value >= cut to the one after.
 * A missing source, one that is no number, and one that the map does not name give null.
 */
export function deriveValue(derivation: Derivation, value: FieldValue | undefined): string | null {
  if (value === null || value === undefined) return null
  if (derivation.kind === 'map')
    return Object.hasOwn(derivation.map, String(value)) ? derivation.map[String(value)]! : null
  const number = typeof value === 'number' ? value : NaN
  if (Number.isNaN(number)) return null
  const bin = derivation.cuts.filter((cut) => number >= cut).length
  return derivation.labels[bin]!
}
