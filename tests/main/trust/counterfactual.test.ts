import { expect, test } from 'vitest'
import { SampleFilter } from '@shared/schemas/dataset'
import { Counterfactuals, CounterfactualSpec } from '@shared/schemas/insight'
import { failure, never } from '../../helpers/data-services'
import { trainedCredit, type TrustServices } from './trained-workspace'

const spec = (run: string, change: object = {}) => CounterfactualSpec.parse({ run, sample: '#3', ...change })

/** What a field may become, told by the training split itself and not by the product's own facts. */
async function shown({ datasets }: TrustServices) {
  const filter = SampleFilter.parse({ splits: ['train'] })
  const { samples } = await datasets.samples({ dataset: 'credit', filter, offset: 0, limit: 5000 })
  return (field: string) => samples.map(({ values }) => values![field])
}

test('on German credit nearly every decision has small valid changes, and no locked field is touched', async () => {
  const services = await trainedCredit(8)
  const { insights, runs, run, datasets } = services
  const training = await shown(services)
  const filter = SampleFilter.parse({ splits: ['test'] })
  const { samples } = await datasets.samples({ dataset: 'credit', filter, offset: 0, limit: 40 })
  const lock = ['purpose', 'housing']
  let answered = 0
  const seconds: number[] = []
  for (const { sampleId, values } of samples) {
    const found = await insights.counterfactual(spec(run.runId, { sample: String(sampleId), lock }), never)
    expect(Counterfactuals.parse(found)).toEqual(found)
    seconds.push(found.seconds)
    if (found.answers.length > 0) answered++
    const locked = found.locked.map(({ field }) => field)
    expect(locked).toEqual(expect.arrayContaining(['sex', ...lock]))
    // Asked again through the door that people use for new rows.
    const rows = found.answers.map(({ changes }) => ({
      ...values,
      ...Object.fromEntries(changes.map(({ field, to }) => [field, to])),
    }))
    const asked = await runs.predict({ run: run.runId, files: [], rows, thresholds: false, texts: [] }, never)
    found.answers.forEach((answer, i) => {
      expect(asked[i]!.class).toBe(answer.predicted)
      expect(answer.predicted).not.toBe(found.predicted)
      expect(answer.changes.length).toBeGreaterThan(0)
      for (const { field, from, to } of answer.changes) {
        expect(locked).not.toContain(field)
        expect(from).toEqual(values![field] ?? null)
        expect(to).not.toEqual(from)
        if (typeof to !== 'number') {
          expect(training(field)).toContain(to)
          continue
        }
        const numbers = training(field) as number[]
        expect(Number.isInteger(to)).toBe(true)
        expect(to).toBeGreaterThanOrEqual(Math.min(...numbers))
        expect(to).toBeLessThanOrEqual(Math.max(...numbers))
      }
    })
    const sets = found.answers.map(({ changes }) =>
      changes
        .map(({ field }) => field)
        .sort()
        .join(),
    )
    expect(new Set(sets).size).toBe(sets.length)
  }
  expect(answered).toBeGreaterThanOrEqual(0.95 * samples.length)
  const [median] = [...seconds].sort((a, b) => a - b).slice(seconds.length >> 1)
  expect(median).toBeLessThan(1)
})

test('locks follow what derives from what, can be taken off, and are refused by a name that is not there', async () => {
  const { insights, run, datasets, db } = await trainedCredit(4)
  const update = (fields: object[]) => datasets.update({ dataset: 'credit', fields } as never)
  await update([{ name: 'age_group', isSensitive: true }])
  const reasons = async (change: object = {}) => {
    const { locked } = await insights.counterfactual(spec(run.runId, change), never)
    return Object.fromEntries(locked.map(({ field, why }) => [field, why]))
  }
  expect(await reasons()).toEqual({ age: 'sensitive', sex: 'sensitive' })
  expect(await reasons({ unlock: ['sex'], lock: ['age'] })).toEqual({ age: 'asked' })
  // A derived input and its source cannot change one without the other.
  await update([{ name: 'age_group', isSensitive: false, isInput: true }])
  expect(await reasons({ unlock: ['sex', 'age'] })).toEqual({ age: 'derived', age_group: 'derived' })
  expect(await failure(insights.counterfactual(spec(run.runId, { lock: ['shoe size'] }), never))).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/"shoe size".*credit_amount/),
  })
  expect(await failure(insights.counterfactual(spec(run.runId, { targetClass: 'splendid' }), never))).toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('good'),
  })

  // Kept until the row changes; what the model says already needs no change.
  const first = await insights.counterfactual(spec(run.runId), never)
  expect((await insights.counterfactual(spec(run.runId), never)).isCached).toBe(true)
  const there = await insights.counterfactual(spec(run.runId, { targetClass: first.predicted }), never)
  expect(there.answers).toEqual([])
  await db.run(`UPDATE samples SET "values" = json_set("values", '$.duration', 71) WHERE id = ?`, first.sampleId)
  expect((await insights.counterfactual(spec(run.runId), never)).isCached).toBe(false)

  const controller = new AbortController()
  const stopped = insights.counterfactual(spec(run.runId, { sample: '#9' }), controller.signal)
  controller.abort()
  expect((await failure(stopped)).code).toBe('cancelled')

  await db.run(`UPDATE datasets SET modality = 'text'`)
  expect(await failure(insights.counterfactual(spec(run.runId), never))).toMatchObject({ code: 'incompatible' })
})
