import { WorkbenchError } from '@shared/errors'
import type { Field } from '@shared/schemas/dataset'
import type { Counterfactuals, CounterfactualSpec } from '@shared/schemas/insight'

type Locked = Counterfactuals['locked'][number]

/**
 * The inputs of a table that a counterfactual must not touch, in their order: those asked for, sensitive features, ids, and
 * what a derived field ties to another one. `not_found` names the fields there are.
 */
export function lockedFields(
  fields: Field[],
  target: string | null,
  { lock, unlock }: Pick<CounterfactualSpec, 'lock' | 'unlock'>,
): Locked[] {
  const inputs = fields.filter((field) => field.isInput && field.name !== target)
  const strange = [...lock, ...unlock].find((name) => !fields.some((field) => field.name === name))
  if (strange !== undefined)
    throw new WorkbenchError(
      'not_found',
      `No field "${strange}" in this table; there are: ${inputs.map(({ name }) => name).join(', ')}.`,
    )
  return inputs.flatMap((field) => {
    const reason = lock.includes(field.name) ? asked(field) : tied(field, fields)
    const found = reason ?? (unlock.includes(field.name) ? null : byDefault(field, fields))
    return found ?? []
  })
}

const asked = ({ name }: Field): Locked => ({ field: name, why: 'asked', text: 'Locked by you.' })

/** A derived input and its source follow each other, so that neither can change alone. */
function tied({ name, derivation }: Field, fields: Field[]): Locked | null {
  if (derivation)
    return { field: name, why: 'derived', text: `It follows from "${derivation.from}" and cannot change alone.` }
  const child = fields.find((other) => other.isInput && other.derivation?.from === name)
  if (!child) return null
  return { field: name, why: 'derived', text: `"${child.name}" follows from it, and the model reads both.` }
}

function byDefault({ name, kind, isSensitive }: Field, fields: Field[]): Locked | null {
  if (isSensitive) return { field: name, why: 'sensitive', text: 'A sensitive feature.' }
  if (kind === 'id') return { field: name, why: 'id', text: 'An id.' }
  const child = fields.find((other) => other.isSensitive && other.derivation?.from === name)
  if (!child) return null
  return { field: name, why: 'sensitive', text: `The sensitive feature "${child.name}" follows from it.` }
}
