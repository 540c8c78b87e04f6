import { WorkbenchError } from '@shared/errors'
import type { Derivation, FieldKind, Task } from '@shared/schemas/dataset'
import { isRows } from '@shared/modalities'
import type { Queries } from '../db/database'
import { fieldRows, type FieldRow } from './dataset-fields'
import { jsonPath, type ClassRow, type DatasetRow } from './dataset-queries'
import { isInputByDefault } from './dataset-store'
import { checkDerivation } from './derive'
import { forEachPage } from './derived-fields'
import type { EditState } from './edit-state'
import { performEdit } from './edits'
import { changeKind } from './field-kinds'
import { automaticSplits } from './dataset-import'
import { refuseNumbers, suggestedTask } from './number-target'
import { checkTarget, distinctLiterals, withNewClasses } from './table-target'

export interface FieldChange {
  name: string
  kind?: FieldKind
  isInput?: boolean
  isSensitive?: boolean
}

const refusePictures = ({ modality, name }: DatasetRow) => {
  if (isRows(modality)) return
  throw new WorkbenchError('incompatible', `"${name}" holds pictures, which have no columns.`)
}

async function requireField(tx: Queries, dataset: DatasetRow, name: string): Promise<FieldRow> {
  refusePictures(dataset)
  const fields = await fieldRows(tx, dataset.id)
  const field = fields.find((candidate) => candidate.name === name)
  if (field) return field
  const known = fields.map((candidate) => candidate.name).join(', ')
  throw new WorkbenchError('not_found', `No column "${name}" in "${dataset.name}". Its columns are: ${known}.`)
}

export async function changeField(tx: Queries, dataset: DatasetRow, change: FieldChange): Promise<void> {
  const field = await requireField(tx, dataset, change.name)
  if (change.kind !== undefined && change.kind !== field.kind) {
    if (field.derivation !== null)
      throw new WorkbenchError('invalid_input', `"${field.name}" is derived; it is a category by its nature.`)
    if (field.name === dataset.target) refuseNumbers(dataset, `"${field.name}" must stay a column of numbers`)
    await changeKind(tx, dataset.id, field.name, change.kind)
  }
  const isInput =
    change.isInput ??
    (change.kind === undefined || dataset.modality === 'text'
      ? field.is_input === 1
      : isInputByDefault(change.kind) && field.name !== dataset.target)
  if (isInput && field.name === dataset.target)
    throw new WorkbenchError('invalid_input', `"${field.name}" is the target; a model may not see what it predicts.`)
  await tx.run(
    'UPDATE fields SET is_input = ?, is_sensitive = ? WHERE dataset_id = ? AND name = ?',
    isInput,
    change.isSensitive ?? field.is_sensitive === 1,
    dataset.id,
    field.name,
  )
}

/**
 * Predicts another column from now on, or the same as something else: its values become classes and labels, or are
 * predicted as numbers. Can be undone.
 */
export async function changeTarget(tx: Queries, dataset: DatasetRow, target: string, asked?: Task): Promise<void> {
  const field = await requireField(tx, dataset, target)
  if (target === dataset.target && (asked ?? dataset.task) === dataset.task) return
  const literals = await distinctLiterals(tx, dataset.id, target)
  const distinct = new Set(literals.values()).size
  const task = asked ?? suggestedTask(dataset.modality, field.kind, distinct)
  checkTarget({ ...dataset, task }, target, field.kind, distinct)
  const classes = await tx.all<ClassRow>(
    'SELECT id, name, position FROM classes WHERE dataset_id = ? ORDER BY position',
    dataset.id,
  )
  const before: EditState = {
    target: dataset.target,
    task: dataset.task,
    classes: { upsert: classes, remove: [] },
    positive: dataset.positive,
  }
  // Their ids are part of the edit: edits that follow name these classes by them, also when all is done again.
  const upsert = task === 'regression' ? [] : await withNewClasses(tx, [], [...literals.values()])
  const after: EditState = { target, task, classes: { upsert, remove: [] }, positive: null }
  const counted = await tx.get<{ n: number; split: number }>(
    'SELECT count(*) AS n, count(split) AS split FROM samples WHERE dataset_id = ?',
    dataset.id,
  )
  if (counted!.split === 0) await addAutomaticSplits(tx, dataset, target, { before, after })
  const title = titleOf(dataset, target, task)
  const sides = { before: JSON.stringify(before), after: JSON.stringify(after) }
  await performEdit(tx, dataset, { title, kind: 'target', changed: counted!.n, ...sides })
}

function titleOf(dataset: DatasetRow, target: string, task: Task): string {
  const as = task === 'regression' ? ' as a number' : dataset.task === 'regression' ? ' as classes' : ''
  const isOther = dataset.target !== null && dataset.target !== target
  return `Predict "${target}"${as}${isOther ? ` instead of "${dataset.target}"` : ''}`
}

/** A table imported without a target was not split, since there was nothing to stratify by. */
async function addAutomaticSplits(
  tx: Queries,
  dataset: DatasetRow,
  target: string,
  { before, after }: { before: EditState; after: EditState },
): Promise<void> {
  const ids: number[] = []
  const labels: (string | null)[] = []
  await forEachPage(tx, dataset.id, '"values" ->> ? AS label', [jsonPath(target)], async (page) => {
    for (const row of page) {
      ids.push(row.id)
      const isNumber = after.task === 'regression'
      labels.push(row['label'] === null ? null : isNumber ? 'number' : String(row['label']))
    }
  })
  const splits = automaticSplits(labels)
  before.splits = [[null, ids]]
  after.splits = (['train', 'validation', 'test'] as const).map((split) => [
    split,
    ids.filter((_, i) => splits[i] === split),
  ])
}

/** Adds a column computed from another one; returns how many samples got each value. */
export async function deriveField(
  tx: Queries,
  dataset: DatasetRow,
  column: string,
  derivation: Derivation,
): Promise<Record<string, number>> {
  const source = await requireField(tx, dataset, derivation.from)
  checkDerivation(derivation)
  if (derivation.kind === 'bins' && source.kind !== 'number') {
    throw new WorkbenchError(
      'invalid_input',
      `Bins need numbers; "${source.name}" is ${source.kind}. Use a map from its values instead.`,
    )
  }
  if (source.name === dataset.target)
    throw new WorkbenchError('invalid_input', `"${source.name}" is the target; derive from another column.`)
  const fields = await fieldRows(tx, dataset.id)
  if (fields.some(({ name }) => name === column))
    throw new WorkbenchError('conflict', `There is a column "${column}" already. Choose another name, or remove it.`)
  const field: FieldRow = {
    dataset_id: dataset.id,
    name: column,
    position: Math.max(...fields.map(({ position }) => position)) + 1,
    kind: 'category',
    is_input: 0,
    is_sensitive: 0,
    derivation: JSON.stringify(derivation),
    stats: null,
  }
  const { n } = (await tx.get<{ n: number }>('SELECT count(*) AS n FROM samples WHERE dataset_id = ?', dataset.id))!
  await performEdit(tx, dataset, {
    title: `Derive "${column}" from "${source.name}"`,
    kind: 'derive',
    before: JSON.stringify({ fields: { add: [], remove: [column] } } satisfies EditState),
    after: JSON.stringify({ fields: { add: [field], remove: [] } } satisfies EditState),
    changed: n,
  })
  const labels = derivation.kind === 'bins' ? derivation.labels : [...new Set(Object.values(derivation.map))]
  const counts = Object.fromEntries(labels.map((label) => [label, 0]))
  const stored = (await fieldRows(tx, dataset.id)).find(({ name }) => name === column)!
  for (const { value, count } of JSON.parse(stored.stats!).values) counts[String(value)] = count
  return counts
}

/** Removes a derived column; an imported one stays, since nothing could bring its values back. */
export async function removeField(tx: Queries, dataset: DatasetRow, name: string): Promise<void> {
  const field = await requireField(tx, dataset, name)
  if (field.derivation === null) {
    throw new WorkbenchError(
      'invalid_input',
      `"${name}" came with the table and stays. Switch its use as input off to keep it from models.`,
    )
  }
  if (name === dataset.target)
    throw new WorkbenchError('conflict', `"${name}" is the target. Choose another target first.`)
  const dependent = (await fieldRows(tx, dataset.id)).find(
    ({ derivation }) => derivation !== null && (JSON.parse(derivation) as Derivation).from === name,
  )
  if (dependent)
    throw new WorkbenchError('conflict', `"${dependent.name}" is derived from "${name}"; remove that first.`)
  await performEdit(tx, dataset, {
    title: `Remove "${name}"`,
    kind: 'remove-field',
    before: JSON.stringify({ fields: { add: [field], remove: [] } } satisfies EditState),
    after: JSON.stringify({ fields: { add: [], remove: [name] } } satisfies EditState),
    changed: 0,
  })
}
