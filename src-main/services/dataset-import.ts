import { basename } from 'node:path'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import type { FieldKind, ImportSpec, Modality, Split, Task } from '@shared/schemas/dataset'
import { isRows, modalityFacts } from '@shared/modalities'
import type { Queries } from '../db/database'
import type { ServiceContext } from './context'
import { storeDataset, writeMuch, type NewDataset } from './dataset-store'
import { discardPack, recognise, type Incoming } from './incoming'
import { ownTarget } from './incoming-texts'
import { readers } from './readers'
import { assignSplits } from './splits'
import { numberOf, suggestedTask, taskNote } from './number-target'
import { checkTarget, classNameOf, orderClasses } from './table-target'
import type { Progress } from './tasks'

/** What a dataset without fixed splits gets, so that it can be trained on at once. */
export const defaultFractions = { train: 0.7, validation: 0.1, test: 0.2 }
const defaultSeed = 1

/** Reads files and stores them as a new dataset; returns its id. Cancelled or failed, it leaves nothing behind. */
export async function importDataset(
  context: Pick<ServiceContext, 'db' | 'jobs' | 'paths' | 'tasks'>,
  spec: ImportSpec,
  signal: AbortSignal,
): Promise<string> {
  await refuseTakenName(context.db, spec.name)
  const modality = spec.modality ?? (await recognise(context, spec.paths, signal))
  const { taskId } = spec
  const task = { taskId, title: `Importing ${basename(spec.paths[0]!)}`, unit: modalityFacts[modality].many }
  return context.tasks.run(task, signal, async (inner, progress) => {
    const incoming = await readIncoming(context, modality, spec, inner, progress)
    try {
      const dataset = prepare(spec, incoming)
      throwIfAborted(inner)
      return await writeMuch(context.db, async (tx) => {
        await refuseTakenName(tx, spec.name)
        return storeDataset(tx, dataset)
      })
    } catch (error) {
      await discardPack(context, incoming)
      throw error
    }
  })
}

async function readIncoming(
  context: Pick<ServiceContext, 'jobs' | 'paths'>,
  modality: Modality,
  { paths, kinds, text, target }: ImportSpec,
  signal: AbortSignal,
  progress: Progress,
): Promise<Incoming> {
  const incoming = await readers[modality](context, { paths, kinds, text, target }, signal, progress)
  if (countOf(incoming) > 0) return incoming
  await discardPack(context, incoming)
  const reasons = incoming.skipped.slice(0, 3).map(({ path, reason }) => `${path}: ${reason}`)
  throw new WorkbenchError(
    'invalid_input',
    `None of the ${incoming.skipped.length} files could be read. ${reasons.join(' ')}`,
    { skipped: incoming.skipped.slice(0, 200) },
  )
}

export async function refuseTakenName(db: Queries, name: string, exceptId = ''): Promise<void> {
  if (!(await db.get('SELECT 1 FROM datasets WHERE name = ? AND id <> ?', name, exceptId))) return
  throw new WorkbenchError(
    'conflict',
    `There is a dataset named "${name}" already. Choose another name, or add the files to it (--add).`,
  )
}

/** Labels, classes and splits of what was read, and the notes about them. */
export function prepare(spec: ImportSpec, incoming: Incoming): NewDataset {
  const { positive = null, sensitive, name } = spec
  const target = ownTarget(incoming, spec.target)
  if (isRows(incoming.modality)) checkColumns(spec, incoming)
  else refuseColumns(spec, incoming)
  const task = taskOf(spec, incoming, target)
  const labels = task === 'regression' ? incoming.rows.map(() => null) : labelsOf(incoming, target)
  const classes = orderClasses(labels.filter((label) => label !== null))
  const distinct = task === 'regression' ? distinctIn(incoming, target!) : classes.length
  const isUnlabelled = incoming.modality === 'text' && classes.length === 0
  if (target !== null && target === incoming.text) throw readAndPredicted(target)
  if (target !== null && !isUnlabelled) checkTarget({ ...incoming, task }, target, kindOf(incoming, target), distinct)
  if (positive !== null && !classes.includes(positive)) throw noSuchClass(positive, classes)
  const fixed = fixedSplits(incoming)
  const splits = fixed.some((split) => split !== null)
    ? fixed
    : automaticSplits(strataOf(incoming, labels, target, task))
  const said = target === null ? null : taskNote(target, task, distinct, spec.task !== undefined)
  const notes = [...incoming.notes, ...(said ? [said] : []), ...notesOn(incoming, labels, classes, splits, fixed)]
  return { name, target, task, positive, sensitive, incoming: { ...incoming, notes }, classes, labels, splits }
}

/** As chosen, else as the column's values suggest. */
function taskOf({ task }: ImportSpec, incoming: Incoming, target: string | null): Task {
  if (target === null || !incoming.fields.some(({ name }) => name === target)) return task ?? 'classification'
  return task ?? suggestedTask(incoming.modality, kindOf(incoming, target), distinctIn(incoming, target))
}

const distinctIn = ({ rows }: Incoming, target: string) => {
  const values = new Set(rows.map((row) => classNameOf(row[target])))
  values.delete(null)
  return values.size
}

/** What splits are stratified by; of numbers only whether there is one. */
const strataOf = ({ rows }: Incoming, labels: (string | null)[], target: string | null, task: Task) =>
  task === 'regression' ? rows.map((row) => (numberOf(row[target!]) === null ? null : 'number')) : labels

export const noSuchClass = (name: string, classes: string[]) =>
  new WorkbenchError(
    'invalid_input',
    classes.length === 0
      ? `"${name}" cannot be the favourable outcome: there are no classes yet.`
      : `"${name}" is none of the classes. Expected one of: ${classes.slice(0, 30).join(', ')}.`,
  )

const readAndPredicted = (name: string) =>
  new WorkbenchError('invalid_input', `"${name}" is the text that is read, so it cannot be what is predicted.`)

const kindOf = ({ fields }: Incoming, name: string): FieldKind => fields.find((field) => field.name === name)!.kind

function checkColumns({ target, sensitive, kinds, text }: ImportSpec, { fields }: Incoming): void {
  const names = fields.map(({ name }) => name)
  for (const name of [...(target ? [target] : []), ...(text ? [text] : []), ...sensitive, ...Object.keys(kinds)]) {
    if (names.includes(name)) continue
    const listed = names.slice(0, 60).join(', ')
    throw new WorkbenchError('invalid_input', `The table has no column "${name}". Its columns are: ${listed}.`)
  }
}

function refuseColumns({ target, sensitive, text }: ImportSpec, { modality }: Incoming): void {
  if (target === undefined && text === undefined && sensitive.length === 0) return
  throw new WorkbenchError(
    'invalid_input',
    `${modalityFacts[modality].title} have no fields of their own, so they take no target and no sensitive features: each has one class.`,
  )
}

const countOf = ({ pictures, rows, series }: Incoming) => pictures.length + rows.length + series.length

/** Splits that folders or files fix; empty for rows. */
export const fixedSplits = ({ pictures, series, splits }: Incoming): (Split | null)[] =>
  splits.length > 0 ? splits : [...pictures, ...series].map(({ split }) => split)

export function labelsOf({ modality, pictures, rows, series }: Incoming, target: string | null): (string | null)[] {
  if (!isRows(modality)) return [...pictures, ...series].map(({ className }) => className)
  return rows.map((row) => (target === null ? null : classNameOf(row[target])))
}

/** A stratified 70/10/20, where there are labels at all. */
export function automaticSplits(labels: (string | null)[]): (Split | null)[] {
  if (labels.every((label) => label === null)) return labels.map(() => null)
  return assignSplits({ classes: labels, fractions: defaultFractions, stratify: true, seed: defaultSeed })
}

function notesOn(
  { pictures, series, modality }: Incoming,
  labels: (string | null)[],
  classes: string[],
  splits: (Split | null)[],
  fixed: (Split | null)[],
): string[] {
  const notes: string[] = []
  const unlabelled = labels.filter((label) => label === null).length
  const what = modalityFacts[modality].many
  if (classes.length === 1)
    notes.push(`All labelled ${what} are of one class ("${classes[0]}"); training needs at least two.`)
  if (classes.length > 0 && unlabelled > 0) notes.push(`${unlabelled} ${what} have no label yet.`)
  if (fixed.some((split) => split !== null)) notes.push('The splits are those of the folders or files.')
  else if (splits.some((split) => split !== null))
    notes.push(
      `Split 70 % train, 10 % validation, 20 % test${classes.length > 0 ? ', each class in the same shares' : ', drawn at random'} (seed 1).`,
    )
  const hashes = [...pictures, ...series].map(({ hash }) => hash)
  const copies = hashes.length - new Set(hashes).size
  if (copies > 0)
    notes.push(
      `${copies} ${copies === 1 ? `${modalityFacts[modality].one} is` : `${what} are`} identical to another one.`,
    )
  return notes
}
