import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SampleFilter } from '@shared/schemas/dataset'
import { Dependence, DependenceSpec } from '@shared/schemas/insight'
import { failure, never } from '../../helpers/data-services'
import { trainedCredit } from './trained-workspace'

test('a column of German credit is followed by the model itself, in words and as a file', async () => {
  const { insights, runs, run, datasets, db, folder } = await trainedCredit(4)
  const spec = (change: object = {}) => DependenceSpec.parse({ run: run.runId, field: 'credit_amount', ...change })
  const amount = await insights.dependence(spec(), never)
  expect(Dependence.parse(amount)).toEqual(amount)
  expect(amount).toMatchObject({ kind: 'number', target: 'good', sampleCount: 500, preferred: 'accumulated' })
  // Loans that are larger run longer.
  expect(amount.related).toMatchObject({ field: 'duration_months', measure: 'rank correlation' })
  expect(amount.related!.strength).toBeCloseTo(0.62, 1)
  expect(amount.reason).toMatch(/goes together with "duration_months".*hardly occur/)
  expect(amount.accumulated!.values.length).toBe(amount.accumulated!.at.length)
  const { at, values } = amount.partial
  expect(at).toEqual([...(at as number[])].sort((a, b) => a - b))
  expect(values.every((value) => value > 0 && value < 1)).toBe(true)

  // The first row's curve is what the model says of that row with the values put in.
  const filter = SampleFilter.parse({ splits: ['train'] })
  const { samples } = await datasets.samples({ dataset: 'credit', filter, offset: 0, limit: 1 })
  const rows = at.map((value) => ({ ...samples[0]!.values, credit_amount: value }))
  const asked = await runs.predict({ run: run.runId, files: [], rows, thresholds: false, texts: [] }, never)
  asked.forEach(({ probabilities }, k) => expect(probabilities['good']).toBeCloseTo(amount.individual[0]![k]!, 6))

  const purpose = await insights.dependence(spec({ field: 'purpose', targetClass: 'bad' }), never)
  expect(purpose).toMatchObject({ kind: 'category', target: 'bad', accumulated: null, preferred: 'partial' })
  expect(purpose.counts.reduce((sum, count) => sum + count, 0)).toBe(700)
  expect((await insights.dependence(spec(), never)).isCached).toBe(true)

  const out = join(folder, 'amount')
  expect(await insights.dependenceToCsv({ ...spec(), out }, never)).toEqual({ files: [`${out}.csv`] })
  const lines = (await readFile(`${out}.csv`, 'utf8')).trim().split('\r\n')
  expect(lines[0]).toBe('curve,row,credit_amount,probability of good,low,high')
  const curves = at.length + amount.accumulated!.at.length + at.length * amount.individual.length
  expect(lines).toHaveLength(1 + curves)

  const refused = (change: object) => failure(insights.dependence(spec(change), never))
  expect(await refused({ field: 'shoe size' })).toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('purpose'),
  })
  expect(await refused({ targetClass: 'splendid' })).toMatchObject({ code: 'not_found' })
  const controller = new AbortController()
  const stopped = insights.dependence(spec({ field: 'age' }), controller.signal)
  controller.abort()
  expect((await failure(stopped)).code).toBe('cancelled')
  await db.run(`UPDATE datasets SET modality = 'text'`)
  expect(await refused({})).toMatchObject({ code: 'incompatible' })
})
