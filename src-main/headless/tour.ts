import { toErrorReply, WorkbenchError } from '@shared/errors'
import type { Dataset } from '@shared/schemas/dataset'
import type { Run } from '@shared/schemas/run'
import { throwIfCancelled, type Session } from './session'
import { trainToEnd } from './training'

export interface TourStep {
  id: string
  ok: boolean
  seconds: number
  result: unknown
}

export interface Tour {
  ok: boolean
  steps: TourStep[]
}

/** What one step leaves for the next. */
interface Found {
  pictures?: Dataset
  people?: Dataset
  runs: Run[]
  creditRun?: Run
}

type Step = [id: string, work: (session: Session, found: Found) => Promise<unknown>]

/**
 * The main job on the bundled samples, through the same contract as the window: pictures are labelled, split, learnt by
 * two families, compared and explained; people are grouped by age, learnt and audited. Each step checks what it got.
 */
export async function runTour(session: Session): Promise<Tour> {
  const steps: TourStep[] = []
  const found: Found = { runs: [] }
  for (const [id, work] of tourSteps) {
    throwIfCancelled(session.signal)
    session.reporter.note(`tour: ${id}`)
    const startedAt = performance.now()
    const outcome = await work(session, found).then(
      (result) => ({ ok: true, result }),
      (error: unknown) => ({ ok: false, result: { error: toErrorReply(error) } }),
    )
    steps.push({ id, ...outcome, seconds: (performance.now() - startedAt) / 1000 })
    if (!outcome.ok) break // what follows needs what is missing now
  }
  throwIfCancelled(session.signal)
  return { ok: steps.length === tourSteps.length && steps.every(({ ok }) => ok), steps }
}

const tourSteps: Step[] = [
  ['import-pictures', importPictures],
  ['label', labelOne],
  ['split', splitPictures],
  ['train-first', (session, found) => trainOn(session, found, 'mlp')],
  ['train-second', (session, found) => trainOn(session, found, 'cnn')],
  ['compare', compareRuns],
  ['explain', explainOne],
  ['import-table', importTable],
  ['derive', deriveAgeGroup],
  ['train-table', trainTable],
  ['audit', auditTable],
]

function expect(isTrue: boolean, message: string): asserts isTrue {
  if (!isTrue) throw new WorkbenchError('internal', `The tour expected otherwise: ${message}`)
}

/** A second tour in one workspace finds the first one's names taken. */
async function freshName({ client }: Session, wanted: string): Promise<string> {
  const taken = new Set((await client.datasets.list({})).map(({ name }) => name))
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted} ${n}`
    if (!taken.has(name)) return name
  }
}

async function importPictures(session: Session, found: Found) {
  const name = await freshName(session, 'Tour: clothes')
  const dataset = await session.client.datasets.importSample({ id: 'fashion', name })
  expect(dataset.sampleCount === 1200, `1 200 pictures, got ${dataset.sampleCount}`)
  expect(dataset.classes.length === 10, `10 classes, got ${dataset.classes.length}`)
  found.pictures = dataset
  return { datasetId: dataset.datasetId, sampleCount: dataset.sampleCount, classes: dataset.classes.length }
}

async function labelOne({ client }: Session, { pictures }: Found) {
  const dataset = pictures!.datasetId
  const before = await client.datasets.sample({ dataset, sample: '#1' })
  const other = pictures!.classes.find(({ name }) => name !== before.className)!
  const { changed } = await client.annotations.label({ dataset, selection: { refs: ['#1'] }, class: other.name })
  const during = await client.datasets.sample({ dataset, sample: '#1' })
  await client.annotations.undo({ dataset })
  const after = await client.datasets.sample({ dataset, sample: '#1' })
  expect(changed === 1 && during.className === other.name, `one sample labelled "${other.name}"`)
  expect(after.className === before.className, 'undo brings the old label back')
  return { changed, from: before.className, to: other.name, undone: true }
}

async function splitPictures({ client }: Session, { pictures }: Found) {
  const counts = await client.datasets.split({ dataset: pictures!.datasetId, seed: 1 })
  expect(counts.train + counts.validation + counts.test === 1200, 'every picture in a split')
  return counts
}

async function trainOn(session: Session, found: Found, family: string) {
  const run = await trainChecked(session, { dataset: found.pictures!.datasetId, family, params: { epochs: 5 } })
  found.runs.push(run)
  return summary(run)
}

async function trainChecked(session: Session, spec: Parameters<typeof trainToEnd>[1]): Promise<Run> {
  const run = await trainToEnd(session, spec)
  expect(run.status === 'finished', `a finished run, got "${run.status}": ${run.error ?? ''}`)
  const accuracy = run.metrics.test?.accuracy ?? 0
  const baseline = run.baseline.majorityAccuracy ?? 0
  expect(accuracy > 0 && accuracy >= baseline - 0.05, `accuracy (${accuracy}) about or above guessing (${baseline})`)
  return run
}

const summary = ({ runId, family, epochs, metrics, baseline, samplesPerSecond }: Run) => ({
  runId,
  family,
  epochs,
  testAccuracy: metrics.test?.accuracy ?? null,
  majorityAccuracy: baseline.majorityAccuracy,
  samplesPerSecond,
})

async function compareRuns({ client }: Session, { runs }: Found) {
  const comparison = await client.runs.compare({ runs: runs.map(({ runId }) => runId) })
  expect(comparison.runs.length === 2, 'two runs side by side')
  for (const { runId } of runs) {
    const matrix = comparison.confusion[runId]
    expect(matrix?.length === 10 && matrix.every((row) => row.length === 10), 'a 10 x 10 confusion matrix')
  }
  return { runs: runs.map(summary), settingsThatDiffer: Object.keys(comparison.settingsDiff) }
}

async function explainOne({ client }: Session, { runs, pictures }: Found) {
  const run = runs.at(-1)!.runId
  const page = await client.datasets.samples({ dataset: pictures!.datasetId, filter: { splits: ['test'] }, limit: 1 })
  const sample = String(page.samples[0]!.sampleId)
  const { attributions } = await client.catalog.get({})
  const methods = attributions.filter(({ scope, modalities }) => scope === 'sample' && modalities.includes('image'))
  expect(methods.length > 0, 'a method that explains pictures')
  const maps: Record<string, unknown> = {}
  for (const { id } of methods) {
    const { attribution, min, max, seconds } = await client.explanations.explain({ run, sample, method: id })
    expect(attribution.data.every(Number.isFinite) && max >= min, `a finite map from ${id}`)
    maps[id] = { shape: attribution.shape, min, max, seconds }
  }
  return { sampleId: Number(sample), maps }
}

async function importTable(session: Session, found: Found) {
  const name = await freshName(session, 'Tour: German credit')
  const dataset = await session.client.datasets.importSample({ id: 'german-credit', name })
  expect(dataset.sampleCount === 1000, `1 000 people, got ${dataset.sampleCount}`)
  found.people = dataset
  return { datasetId: dataset.datasetId, sampleCount: dataset.sampleCount, fields: dataset.fields.length }
}

async function deriveAgeGroup({ client }: Session, { people }: Found) {
  const derivation = { kind: 'bins' as const, from: 'age', cuts: [25], labels: ['young', 'old'] }
  const { column, counts } = await client.datasets.derive({
    dataset: people!.datasetId,
    column: 'age_group',
    derivation,
  })
  expect(counts['young'] === 149 && counts['old'] === 851, '149 people under 25 and 851 of 25 or more')
  return { column, counts }
}

async function trainTable(session: Session, found: Found) {
  const dataset = found.people!.datasetId
  await session.client.datasets.split({ dataset, train: 0.6, validation: 0.1, test: 0.3, seed: 1 })
  found.creditRun = await trainChecked(session, { dataset, family: 'mlp' })
  return summary(found.creditRun)
}

async function auditTable({ client }: Session, { creditRun }: Found) {
  const audit = await client.fairness.audit({ run: creditRun!.runId, sensitive: ['age_group'], positive: 'good' })
  expect(audit.byGroup.length === 2, 'two age groups')
  expect(audit.disparities.length > 0 && audit.summary.length > 0, 'disparities and a summary')
  return {
    groups: audit.byGroup.map(({ group, n, small }) => ({ group, n, small })),
    disparities: audit.disparities.map(({ metric, value, low, high }) => ({ metric, value, low, high })),
    summary: audit.summary.join(' '),
  }
}
