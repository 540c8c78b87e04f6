import type { Client } from '@shared/contract'
import type { FieldKind, FieldValue, Inspection, Task } from '@shared/schemas/dataset'
import { isRows } from '@shared/modalities'

type ImportInput = Parameters<Client['datasets']['import']>[0]

/** What the user decides in the preview. */
export interface ImportChoices {
  name: string
  target: string | null
  /** Null: as the values of the target suggest. */
  task: Task | null
  /** The favourable outcome; null: left open. */
  positive: string | null
  sensitive: string[]
  kinds: Record<string, FieldKind>
  add: boolean
  /** Texts of a table: the column that is read. */
  text: string | null
}

export const emptyChoices = (inspection?: Inspection): ImportChoices => ({
  name: inspection?.suggestedName ?? '',
  target: inspection?.suggestedTarget ?? null,
  task: null,
  positive: null,
  sensitive: [],
  kinds: {},
  add: false,
  text: inspection?.suggestedText ?? null,
})

/** The kind after corrections. */
export const kindOf = (inspection: Inspection, choices: ImportChoices, field: string): FieldKind | undefined =>
  choices.kinds[field] ?? inspection.fields.find(({ name }) => name === field)?.kind

/** Values of a column that were seen so far, as class names. */
export function seenValues(inspection: Inspection, field: string): string[] {
  const examples = inspection.fields.find(({ name }) => name === field)?.examples ?? []
  const values: FieldValue[] = [...examples, ...inspection.head.map((row) => row[field] ?? null)]
  return [...new Set(values.filter((value) => value !== null).map(String))]
}

/** A sentence about what keeps the import from starting, or null. */
export function whatIsMissing(choices: ImportChoices): string | null {
  if (choices.name.trim() === '') return 'Give it a name.'
  return null
}

/** More distinct numbers than this are a quantity, not classes. */
const maxNumberClasses = 20

/** What the target is taken for, as chosen or as its values suggest; the same rule as at the import. */
export function taskOf(inspection: Inspection, choices: ImportChoices): Task {
  const { target, task } = choices
  const field = inspection.fields.find(({ name }) => name === target)
  if (!field || inspection.modality !== 'table' || kindOf(inspection, choices, field.name) !== 'number')
    return 'classification'
  return task ?? (field.distinct > maxNumberClasses ? 'regression' : 'classification')
}

/** Why a column makes a poor target, or null. */
export function targetProblem(inspection: Inspection, choices: ImportChoices): string | null {
  const field = inspection.fields.find(({ name }) => name === choices.target)
  if (!field) return null
  if (field.distinct < 2) return `“${field.name}” has the same value in every row, so there is nothing to predict.`
  if (taskOf(inspection, choices) === 'regression') return null
  if (field.distinct > 100)
    return `“${field.name}” has ${field.distinct} different values. A target needs few: they become the classes.`
  return null
}

/** The call's input; only kinds that differ from what was inferred are sent. */
export function specOf(choices: ImportChoices, paths: string[], inspection: Inspection, taskId: string): ImportInput {
  const { target, task, positive, sensitive, add, text } = choices
  const { modality } = inspection
  const spec: ImportInput = { paths, name: choices.name.trim(), modality, add, taskId }
  if (!isRows(inspection.modality)) return spec
  const changed = Object.entries(choices.kinds).filter(
    ([field, kind]) => inspection.fields.find(({ name }) => name === field)?.kind !== kind,
  )
  return {
    ...spec,
    kinds: Object.fromEntries(changed),
    sensitive,
    ...(text !== null && { text }),
    ...(target !== null && { target }),
    ...(target !== null && task !== null && { task }),
    ...(target !== null && positive !== null && { positive }),
  }
}
