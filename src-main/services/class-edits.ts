import { WorkbenchError } from '@shared/errors'
import type { Queries } from '../db/database'
import { findClass, newClassRow, refuseWithoutTarget, requireClass } from './class-rows'
import type { ClassRow, DatasetRow } from './dataset-queries'
import type { EditState } from './edit-state'
import { listChange, performEdit, stateText } from './edits'
import { whereOf } from './sample-filter'
import { fitsKind, targetKind } from './table-target'

type Sides = { before: Omit<EditState, 'labels' | 'splits'>; after: Omit<EditState, 'labels' | 'splits'> }

/** A word among numbers makes the target a category; taking the edit back makes it a number again. */
async function addKindChange(tx: Queries, dataset: DatasetRow, name: string, sides: Sides): Promise<void> {
  if (dataset.target === null) return
  const kind = await targetKind(tx, dataset)
  if (fitsKind(kind, name)) return
  sides.before.targetKind = kind
  sides.after.targetKind = 'category'
}

export async function addClass(tx: Queries, dataset: DatasetRow, name: string): Promise<void> {
  refuseWithoutTarget(dataset)
  if (await findClass(tx, dataset.id, name))
    throw new WorkbenchError('conflict', `There is a class "${name}" already in "${dataset.name}".`)
  const row = await newClassRow(tx, dataset, name)
  const sides: Sides = {
    before: { classes: { upsert: [], remove: [row.id] } },
    after: { classes: { upsert: [row], remove: [] } },
  }
  await addKindChange(tx, dataset, name, sides)
  await perform(tx, dataset, `Add class "${name}"`, 'add-class', 0, sides)
}

export async function renameClass(tx: Queries, dataset: DatasetRow, from: string, to: string): Promise<void> {
  const row = await requireClass(tx, dataset.id, from)
  if (from === to) return
  if (await findClass(tx, dataset.id, to)) {
    throw new WorkbenchError(
      'conflict',
      `There is a class "${to}" already. To make the two one, merge "${from}" into "${to}".`,
    )
  }
  const sides: Sides = {
    before: { classes: { upsert: [row], remove: [] } },
    after: { classes: { upsert: [{ ...row, name: to }], remove: [] } },
  }
  addPositiveChange(dataset, [from], to, sides)
  await addKindChange(tx, dataset, to, sides)
  await perform(tx, dataset, `Rename "${from}" to "${to}"`, 'rename-class', await countClass(tx, row.id), sides)
}

export async function mergeClasses(tx: Queries, dataset: DatasetRow, from: string[], into: string): Promise<void> {
  const target = await requireClass(tx, dataset.id, into)
  const rows: ClassRow[] = []
  for (const name of new Set(from)) if (name !== into) rows.push(await requireClass(tx, dataset.id, name))
  if (rows.length === 0)
    throw new WorkbenchError('invalid_input', 'Choose at least one class to merge that is not the one it goes into.')
  const title = `Merge ${rows.map(({ name }) => `"${name}"`).join(', ')} into "${into}"`
  await dissolve(tx, dataset, rows, target, title, 'merge-classes')
}

/** Puts a class at a place counted from 0 (past the end: last); the others close up. Labels do not change. */
export async function moveClass(tx: Queries, dataset: DatasetRow, name: string, position: number): Promise<void> {
  const row = await requireClass(tx, dataset.id, name)
  const rows = await tx.all<ClassRow>(
    'SELECT id, name, position FROM classes WHERE dataset_id = ? ORDER BY position, id',
    dataset.id,
  )
  const order = rows.filter(({ id }) => id !== row.id)
  order.splice(position, 0, row)
  const moved = order.map((one, place) => ({ ...one, position: place }))
  const changed = moved.filter(({ id, position: place }) => rows.find((one) => one.id === id)!.position !== place)
  if (changed.length === 0) return
  const sides: Sides = {
    before: { classes: { upsert: rows.filter(({ id }) => changed.some((one) => one.id === id)), remove: [] } },
    after: { classes: { upsert: changed, remove: [] } },
  }
  await perform(tx, dataset, `Move class "${name}"`, 'move-class', 0, sides)
}

/** Its samples stay, without a label. */
export async function deleteClass(tx: Queries, dataset: DatasetRow, name: string): Promise<void> {
  await dissolve(
    tx,
    dataset,
    [await requireClass(tx, dataset.id, name)],
    null,
    `Delete class "${name}"`,
    'delete-class',
  )
}

async function dissolve(
  tx: Queries,
  dataset: DatasetRow,
  rows: ClassRow[],
  into: ClassRow | null,
  title: string,
  kind: string,
): Promise<void> {
  const classIds = rows.map(({ id }) => id)
  const where = whereOf(dataset, { classIds })
  const lists = await listChange(tx, 'class_id', where, into?.id ?? null)
  const sides: Sides = {
    before: { classes: { upsert: rows, remove: [] } },
    after: { classes: { upsert: [], remove: classIds } },
  }
  const names = rows.map(({ name }) => name)
  addPositiveChange(dataset, names, into?.name ?? null, sides)
  await perform(tx, dataset, title, kind, lists.changed, sides, lists)
}

/** The favourable outcome follows its class to another name, and is gone with it. */
function addPositiveChange(dataset: DatasetRow, names: string[], to: string | null, sides: Sides): void {
  if (dataset.positive === null || !names.includes(dataset.positive)) return
  sides.before.positive = dataset.positive
  sides.after.positive = to
}

const perform = (
  tx: Queries,
  dataset: DatasetRow,
  title: string,
  kind: string,
  changed: number,
  { before, after }: Sides,
  lists: { before?: string; after?: string } = {},
) =>
  performEdit(tx, dataset, {
    title,
    kind,
    changed,
    before: stateText(before, { labels: lists.before }),
    after: stateText(after, { labels: lists.after }),
  })

const countClass = async (tx: Queries, classId: number) =>
  (await tx.get<{ n: number }>('SELECT count(*) AS n FROM samples WHERE class_id = ?', classId))!.n
