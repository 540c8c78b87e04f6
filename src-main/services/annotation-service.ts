import type { Service } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'
import type { Dataset, EditLog, Split } from '@shared/schemas/dataset'
import type { Queries } from '../db/database'
import { addClass, deleteClass, mergeClasses, moveClass, renameClass } from './class-edits'
import type { ServiceContext } from './context'
import { resolveDataset, type DatasetRow } from './dataset-queries'
import { editLog, inEdit, listChange, performEdit, stateText, stepEdit } from './edits'
import { whereSelected, type Selection } from './sample-selection'
import { findClass, newClassRow, refuseWithoutTarget } from './class-rows'
import { fitsKind, targetKind } from './table-target'

type InDataset = { dataset: string }

/** Labels, splits and classes of samples; every edit is one transaction that can be undone, also after a restart. */
export class AnnotationService implements Service<'annotations'> {
  constructor(private readonly context: Pick<ServiceContext, 'db' | 'emit'>) {}

  async label(input: InDataset & { selection: Selection; class: string | null }): Promise<{ changed: number }> {
    const { result } = await inEdit(this.context, input.dataset, async (tx, dataset) => {
      refuseWithoutTarget(dataset)
      const name = input.class?.trim() ?? null
      if (name === '') throw new WorkbenchError('invalid_input', 'A class needs a name; pass null to take labels away.')
      return { changed: await labelSamples(tx, dataset, input.selection, name) }
    })
    return result
  }

  async assignSplit(input: InDataset & { selection: Selection; split: Split | null }): Promise<{ changed: number }> {
    const { result } = await inEdit(this.context, input.dataset, async (tx, dataset) => {
      const where = await whereSelected(tx, dataset, input.selection)
      const { before, after, changed } = await listChange(tx, 'split', where, input.split)
      const title = input.split
        ? `Put ${countOf(changed)} into ${input.split}`
        : `Take ${countOf(changed)} out of the splits`
      const sides = { before: stateText({}, { splits: before }), after: stateText({}, { splits: after }) }
      if (changed > 0) await performEdit(tx, dataset, { title, kind: 'assign-split', changed, ...sides })
      return { changed }
    })
    return result
  }

  async undo({ dataset }: InDataset): Promise<{ title: string; changed: number }> {
    return (await inEdit(this.context, dataset, (tx, row) => stepEdit(tx, row, 'undo'))).result
  }

  async redo({ dataset }: InDataset): Promise<{ title: string; changed: number }> {
    return (await inEdit(this.context, dataset, (tx, row) => stepEdit(tx, row, 'redo'))).result
  }

  async log({ dataset, limit }: InDataset & { limit: number }): Promise<EditLog> {
    const { id } = await resolveDataset(this.context.db, dataset)
    return editLog(this.context.db, id, limit)
  }

  async addClass({ dataset, name }: InDataset & { name: string }): Promise<Dataset> {
    return (await inEdit(this.context, dataset, (tx, row) => addClass(tx, row, name))).dataset
  }

  async renameClass(input: InDataset & { class: string; name: string }): Promise<Dataset> {
    return (await inEdit(this.context, input.dataset, (tx, row) => renameClass(tx, row, input.class, input.name)))
      .dataset
  }

  async mergeClasses({ dataset, from, into }: InDataset & { from: string[]; into: string }): Promise<Dataset> {
    return (await inEdit(this.context, dataset, (tx, row) => mergeClasses(tx, row, from, into))).dataset
  }

  async moveClass(input: InDataset & { class: string; position: number }): Promise<Dataset> {
    return (await inEdit(this.context, input.dataset, (tx, row) => moveClass(tx, row, input.class, input.position)))
      .dataset
  }

  async deleteClass(input: InDataset & { class: string }): Promise<Dataset> {
    return (await inEdit(this.context, input.dataset, (tx, row) => deleteClass(tx, row, input.class))).dataset
  }
}

export const countOf = (n: number) => (n === 1 ? '1 sample' : `${n} samples`)

/** Gives samples a class, made on the way when it is new; returns how many changed. */
async function labelSamples(
  tx: Queries,
  dataset: DatasetRow,
  selection: Selection,
  name: string | null,
): Promise<number> {
  const where = await whereSelected(tx, dataset, selection)
  const existing = name === null ? undefined : await findClass(tx, dataset.id, name)
  const fresh = name !== null && !existing ? await newClassRow(tx, dataset, name) : null
  const { before, after, changed } = await listChange(tx, 'class_id', where, (existing ?? fresh)?.id ?? null)
  if (changed === 0) return 0
  const kind = fresh && dataset.target !== null ? await targetKind(tx, dataset) : 'category'
  const becomesCategory = fresh !== null && !fitsKind(kind, fresh.name)
  const undone = {
    ...(fresh ? { classes: { upsert: [], remove: [fresh.id] } } : {}),
    ...(becomesCategory ? { targetKind: kind } : {}),
  }
  const done = {
    ...(fresh ? { classes: { upsert: [fresh], remove: [] } } : {}),
    ...(becomesCategory ? { targetKind: 'category' as const } : {}),
  }
  await performEdit(tx, dataset, {
    title: name === null ? `Take the label off ${countOf(changed)}` : `Label ${countOf(changed)} "${name}"`,
    kind: 'label',
    before: stateText(undone, { labels: before }),
    after: stateText(done, { labels: after }),
    changed,
  })
  return changed
}
