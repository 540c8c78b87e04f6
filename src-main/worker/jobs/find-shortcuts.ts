import { WorkbenchError } from '@shared/errors'
import { loadModelSpec } from '../../ml/model'
import { randomStream, shuffled } from '../../ml/random'
import type { PredictInput, Snapshot } from '../../ml/snapshot'
import { namedValues, readSnapshot } from '../../ml/snapshot-file'
import { columnLens } from '../../ml/shortcuts/columns'
import { findShortcuts } from '../../ml/shortcuts/find'
import type { Lens, LookedAt } from '../../ml/shortcuts/lens'
import { regionLens } from '../../ml/shortcuts/regions'
import { wordLens } from '../../ml/shortcuts/words'
import { loadTrained } from '../../ml/trained'
import type { JobHandler } from '../protocol'

/** Numbers of all samples that are looked at together, and samples, in any case. */
const mostNumbers = 2e7
const mostSamples = { image: 600, text: 900, table: 4000 }
const fewest = 60
/** Of the way: finding candidates, then measuring them. */
const searching = 0.3

/** Looks over all labelled samples of a run, or as many of each class as fit. */
const findJob: JobHandler<'find-shortcuts'> = async ({ runId, runDir }, { signal, report }) => {
  const startedAt = Date.now()
  const trained = await loadTrained(runDir)
  const { modality, classes } = trained.meta
  if (modality !== 'image' && modality !== 'text' && modality !== 'table')
    throw new WorkbenchError(
      'incompatible',
      'Shortcuts are looked for in pictures, texts and tables; this run reads others.',
    )
  const snapshot = await readSnapshot(runDir)
  const size = trained.inputShape.reduce((product, length) => product * length, 1)
  const most = Math.max(fewest, Math.min(mostSamples[modality], Math.floor(mostNumbers / size)))
  const { chosen, of } = fairSample(snapshot, most)
  const inputs = chosen.map((at): PredictInput => {
    const values = namedValues(snapshot, at)
    return values ? { values } : { path: snapshot.samples[at]!.path }
  })
  const targets = Int32Array.from(chosen, (at) => snapshot.samples[at]!.target!)
  const ids = chosen.map((at) => snapshot.samples[at]!.id)
  const phase = (from: number, to: number) => (share: number) =>
    report({ done: Math.round(100 * (from + share * (to - from))), total: 100 })
  const looked: LookedAt = { trained, inputs, targets, signal, progress: phase(0, searching) }
  const lens = await lensOf(looked, runDir)
  const found = await findShortcuts({ ...looked, progress: phase(searching, 1) }, lens, ids)
  const asked = { sampleCount: chosen.length, of }
  const summary = summaryOf(found, asked, classes.length)
  return { runId, summary, ...found, ...asked, seconds: (Date.now() - startedAt) / 1000 }
}

async function lensOf(looked: LookedAt, runDir: string): Promise<Lens> {
  const { modality } = looked.trained.meta
  if (modality === 'image') return regionLens(looked)
  if (modality === 'table') return columnLens(looked)
  const { encoding } = (await loadModelSpec(runDir))!
  if (encoding.kind !== 'text') throw new WorkbenchError('internal', 'A run on texts without an encoding of texts.')
  return wordLens(looked, encoding)
}

/** All labelled samples, or equally many of each class drawn at random, always the same ones. */
function fairSample({ samples, classes }: Snapshot, most: number): { chosen: number[]; of: number } {
  const byClass: number[][] = classes.map(() => [])
  samples.forEach(({ target }, at) => target !== null && byClass[target]!.push(at))
  const of = byClass.reduce((sum, own) => sum + own.length, 0)
  if (of <= most) return { chosen: byClass.flat(), of }
  const each = Math.max(1, Math.floor(most / classes.length))
  const drawn = byClass.map((own, k) =>
    [...shuffled(own.length, randomStream(7, k))].slice(0, each).map((i) => own[i]!),
  )
  return { chosen: drawn.flat(), of }
}

const many = { region: 'regions', word: 'words', field: 'fields' }

function summaryOf(
  { found, kind, candidates }: Awaited<ReturnType<typeof findShortcuts>>,
  { sampleCount, of }: { sampleCount: number; of: number },
  classes: number,
): string[] {
  const [first] = found
  const strong = found.filter(({ isStrong }) => isStrong).length
  const asked =
    sampleCount === of
      ? `all ${of} labelled samples`
      : `${sampleCount} of ${of} labelled samples, equally many of each class and drawn at random`
  const head = first
    ? `The model leans most on ${first.title}, for “${first.class}”.`
    : `No single one of the ${candidates} ${many[kind]} that stood out carries a class by itself.`
  return [
    head,
    ...(first ? [first.text] : []),
    ...(strong > 1 ? [`${strong} ${many[kind]} go a long way to decide by themselves.`] : []),
    `${candidates} ${many[kind]} with the largest attributions were masked one by one in ${asked}. Named is what falls by ` +
      `more than 2 points beyond chance, corrected for ${candidates} × ${classes} statements. Whether the model may lean on ` +
      'it is for you to say: a shortcut is what would not be there, or not mean the same, in new data.',
  ]
}

export default findJob
