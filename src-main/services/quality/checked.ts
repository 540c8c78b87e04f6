import { createHash } from 'node:crypto'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import type { Split } from '@shared/schemas/dataset'
import { isRows } from '@shared/modalities'
import type { ServiceContext } from '../context'
import { fieldRows } from '../dataset-fields'
import { loadClasses, samplePath, type DatasetRow } from '../dataset-queries'
import { forEachPage } from '../derived-fields'
import { refuseNumbers } from '../number-target'
import { resolveRun, toRun } from '../run-queries'
import type { Progress } from '../tasks'
import type { Checked, CheckedSample, HeldOut, Values } from './define'

type Context = Pick<ServiceContext, 'db' | 'jobs'>
interface Read extends CheckedSample {
  path: string | null
}

/** Gathers what the finders look at: contents, pictures' looks, held-out predictions. */
export async function readChecked(
  context: Context,
  dataset: DatasetRow,
  runs: string[],
  signal: AbortSignal,
  progress: Progress,
): Promise<{ checked: Checked; notes: string[] }> {
  const samples = await readSamples(context, dataset, signal)
  const isTable = isRows(dataset.modality)
  const { nearPairs, notes } =
    dataset.modality !== 'image'
      ? { nearPairs: [], notes: [] }
      : await lookAtPictures(context, samples, signal, progress)
  const classNames = new Map((await loadClasses(context.db, dataset.id)).map(({ id, name }) => [id, name]))
  const heldOut = await readHeldOut(context, dataset, runs, classNames)
  if (runs.length === 0) notes.push('Labels were not doubted: that takes a finished run of this dataset (choose one).')
  return { checked: { isTable, samples, classNames, copies: copiesOf(samples), nearPairs, heldOut }, notes }
}

async function readSamples({ db }: Context, dataset: DatasetRow, signal: AbortSignal): Promise<Read[]> {
  const fields = await fieldRows(db, dataset.id)
  const compared = fields.filter(
    ({ kind, name, derivation }) => kind !== 'id' && name !== dataset.target && !derivation,
  )
  const names = compared.map(({ name }) => name)
  const samples: Read[] = []
  await forEachPage(db, dataset.id, 'path, hash, class_id, split, "values"', [], async (page) => {
    throwIfAborted(signal)
    for (const row of page) {
      const values = row['values'] as string | null
      samples.push({
        id: row.id,
        classId: row['class_id'] as number | null,
        split: row['split'] as Split | null,
        path: row['path'] === null ? null : samplePath(dataset, { path: String(row['path']) }),
        content: values === null ? String(row['hash']) : contentOf(JSON.parse(values) as Values, names),
        deviation: null,
        sharpness: null,
      })
    }
  })
  return samples
}

/** A row's cells as a hash, so that a million rows take little memory. */
const contentOf = (values: Values, names: string[]) =>
  createHash('sha1')
    .update(JSON.stringify(names.map((name) => values[name] ?? null)))
    .digest('base64')

function copiesOf(samples: CheckedSample[]): number[][] {
  const groups = new Map<string, number[]>()
  samples.forEach(({ content }, place) => {
    const group = groups.get(content)
    if (group) group.push(place)
    else groups.set(content, [place])
  })
  return [...groups.values()].filter((group) => group.length > 1)
}

/** Decodes the pictures in the decoding process; fills in their deviation and sharpness. */
async function lookAtPictures(
  { jobs }: Context,
  samples: Read[],
  signal: AbortSignal,
  progress: Progress,
): Promise<{ nearPairs: Checked['nearPairs']; notes: string[] }> {
  const { pictures, pairs } = await jobs.run(
    'decode',
    'look-at-pictures',
    { files: samples.map(({ path }) => path!) },
    { signal, onEvent: ({ done, total }) => progress(done, total) },
  )
  let unreadable = 0
  pictures.forEach((look, place) => {
    if (look) Object.assign(samples[place]!, look)
    else unreadable++
  })
  const notes = unreadable > 0 ? [`${unreadable} pictures could not be read; check the originals.`] : []
  return { nearPairs: pairs, notes }
}

/** What runs said of samples that they did not train on; several runs (folds) are averaged. */
async function readHeldOut(
  { db }: Context,
  dataset: DatasetRow,
  runs: string[],
  classNames: Map<number, string>,
): Promise<HeldOut> {
  const idOf = new Map([...classNames].map(([id, name]) => [name, id]))
  const heldOut: HeldOut = new Map()
  const counts = new Map<number, number>()
  for (const ref of runs) {
    const row = await resolveRun(db, ref)
    if (row.dataset_id !== dataset.id)
      throw new WorkbenchError('incompatible', `Run "${row.name}" is of "${row.dataset_name}", not "${dataset.name}".`)
    refuseNumbers(toRun(row), 'Doubtful labels are doubtful classes')
    const ids = toRun(row).classes.map((name) => idOf.get(name))
    const rows = await db.all<{ sample_id: number; probabilities: string }>(
      "SELECT sample_id, probabilities FROM run_predictions WHERE run_id = ? AND split <> 'train'",
      row.id,
    )
    if (rows.length === 0)
      throw new WorkbenchError(
        'conflict',
        `Run "${row.name}" has no predictions of samples that it did not train on. Choose a finished run with a test or validation split.`,
      )
    for (const { sample_id, probabilities } of rows) {
      const scores = heldOut.get(sample_id) ?? new Map<number, number>()
      const n = (counts.get(sample_id) ?? 0) + 1
      ;(JSON.parse(probabilities) as number[]).forEach((probability, at) => {
        const id = ids[at]
        if (id === undefined) return // the class was renamed or deleted since
        const mean = scores.get(id) ?? 0
        scores.set(id, mean + (probability - mean) / n)
      })
      heldOut.set(sample_id, scores)
      counts.set(sample_id, n)
    }
  }
  return heldOut
}
