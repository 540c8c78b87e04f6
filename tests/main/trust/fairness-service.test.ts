import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { Audit, AuditSpec, Mitigation, MitigationSpec, ProxyReport, ProxySpec } from '@shared/schemas/fairness'
import { failure, never } from '../../helpers/data-services'
import { tempFolder } from '../../helpers/temp-db'
import { trainedCredit, trustServices } from './trained-workspace'

type Change = Partial<Parameters<typeof AuditSpec.parse>[0] & object>

async function audited() {
  const services = await trainedCredit()
  const { fairness, run } = services
  const spec = (change: Change = {}) =>
    AuditSpec.parse({ run: run.runId, sensitive: ['sex', 'age_group'], rounds: 200, ...change })
  const audit = (change?: Change) => fairness.audit(spec(change), never)
  return { ...services, spec, audit, refused: (change: Change) => failure(audit(change)) }
}

test('audits German credit by sex and age group and by nothing that the workspace did not hold', async () => {
  const { audit, run, runs, db, refused } = await audited()
  expect(run.status).toBe('finished')
  const changesBefore = await db.get('SELECT total_changes() AS n')
  const found = await audit()
  expect(Audit.parse(found)).toEqual(found)
  expect(await db.get('SELECT total_changes() AS n')).toEqual(changesBefore)
  expect(found).toMatchObject({ positive: 'good', split: 'test', threshold: 0.5, n: 200, unlabelled: 0 })
  expect(found.byGroup.map(({ group }) => Object.values(group).join(' '))).toEqual([
    'female old',
    'female young',
    'male old',
    'male young',
  ])
  expect(found.byGroup.reduce((sum, { n }) => sum + n, 0)).toBe(200)
  // At 0.5 the audit's accuracy is the accuracy that the run tells of itself.
  expect(found.overall['accuracy']!.value).toBeCloseTo(run.metrics.test!.accuracy!, 9)
  const { confusion, classes } = await runs.results({ run: run.runId, split: 'test' })
  const good = classes.indexOf('good')
  const selected = confusion.reduce((sum, row) => sum + row[good]!, 0)
  expect(found.overall['selection-rate']!.value).toBeCloseTo(selected / 200, 12)
  // The other class as the favourable one turns the rates round.
  const bad = await audit({ positive: 'bad' })
  expect(bad.overall['selection-rate']!.value).toBeCloseTo(1 - selected / 200, 12)
  expect((await audit({ split: 'validation' })).n).toBe(100)

  expect((await refused({ positive: 'perfect' })).message).toMatch(/"perfect" is no class of this run; it has .*"good"/)
  expect((await refused({ sensitive: ['sexx'] })).message).toMatch(/no field "sexx".*sex/)
  const numeric = await refused({ sensitive: ['age'] })
  expect(numeric.code).toBe('invalid_input')
  expect(numeric.message).toMatch(/derive --dataset "credit" --column age_group --from age/)
  expect((await refused({ sensitive: ['sex', 'sex'] })).message).toMatch(/twice/)
  expect((await refused({ sensitive: ['credit_risk'] })).message).toMatch(/what the model predicts/)
  expect((await refused({ sensitive: ['purpose', 'job'] })).message).toMatch(/groups; at most 20/)
  expect((await refused({ run: 'nope' })).code).toBe('not_found')
})

test('counts samples without a label and makes a group of missing values', async () => {
  const { audit, db, run } = await audited()
  const test = await db.all<{ id: number }>(
    `SELECT sample_id AS id FROM run_predictions WHERE run_id = ? AND split = 'test' ORDER BY sample_id`,
    run.runId,
  )
  const [unlabelled, missing] = [test.slice(0, 7), test.slice(7, 12)].map((rows) => rows.map(({ id }) => id).join(','))
  await db.run(`UPDATE run_predictions SET truth = NULL WHERE sample_id IN (${unlabelled})`)
  await db.run(`UPDATE samples SET "values" = json_set("values", '$.sex', NULL) WHERE id IN (${missing})`)
  const found = await audit({ sensitive: ['sex'] })
  expect(found).toMatchObject({ n: 193, unlabelled: 7 })
  expect(found.byGroup[0]).toMatchObject({ group: { sex: '(missing)' }, n: 5, small: true })
  expect(found.summary.join(' ')).toMatch(/7 samples of the test split have no label/)
  await db.run(`DELETE FROM run_predictions WHERE split = 'validation'`)
  const none = await failure(audit({ split: 'validation' }))
  expect(none.message).toMatch(/no predictions of labelled samples in its validation split/)
})

test('asks which outcome is the favourable one and never guesses', async () => {
  const { importFiles, datasets, train, fairness, context } = await trustServices()
  const csv = join(context.paths.resources, 'samples/german-credit/german-credit.csv')
  await importFiles([csv], { name: 'unnamed', target: 'credit_risk', sensitive: ['sex'] })
  await datasets.split({ dataset: 'unnamed', train: 0.7, validation: 0.1, test: 0.2, stratify: true, seed: 1 })
  const { runId } = await train('unnamed', 'mlp', { epochs: 1 })
  const error = await failure(fairness.audit(AuditSpec.parse({ run: runId, sensitive: ['sex'] }), never))
  expect(error.code).toBe('invalid_input')
  expect(error.message).toMatch(/Which outcome is the favourable one\?.*"bad", "good"|"good", "bad"/)
  const named = AuditSpec.parse({ run: runId, sensitive: ['sex'], positive: 'good', rounds: 100 })
  expect((await fairness.audit(named, never)).positive).toBe('good')
})

test('writes the report as one HTML file that needs nothing else, and as JSON', async () => {
  const { fairness, spec, run } = await audited()
  const out = join(await tempFolder(), 'new folder', 'report.html')
  expect(await fairness.report({ ...spec(), out, format: 'html' }, never)).toEqual({ files: [out] })
  const html = await readFile(out, 'utf8')
  expect(html).toMatch(/^<!doctype html>/)
  expect(html).not.toMatch(/<script|<link|src=|url\(|@import|https?:/)
  expect(html).toMatch(/prefers-color-scheme:\s*dark/)
  for (const text of [
    'Favourable outcome',
    'good',
    'Threshold',
    '0.5',
    'female · young',
    run.name,
    'credit',
    'four-fifths',
    '29 CFR 1607.4 D',
    'Yardsticks of the law',
  ])
    expect(html).toContain(text)
  expect(html).not.toMatch(/undefined|NaN|\[object|>null</)
  expect(html.match(/<svg/g)!.length).toBeGreaterThanOrEqual(4 + 5 * 4)
  expect(await readdir(dirname(out))).toEqual(['report.html'])

  const json = join(dirname(out), 'report.json')
  await fairness.report({ ...spec(), out: json, format: 'json' }, never)
  const written = JSON.parse(await readFile(json, 'utf8'))
  expect(Audit.parse(written)).toEqual(await fairness.audit(spec(), never))
  expect(written).toMatchObject({ run: run.name, dataset: 'credit' })
})

test('names from the data cannot break out of the report', async () => {
  const { fairness, spec, db } = await audited()
  const evil = `<img onerror="x">'&`
  await db.run(`UPDATE samples SET "values" = json_set("values", '$.sex', ?) WHERE id % 3 = 0`, evil)
  const out = join(await tempFolder(), 'report.html')
  await fairness.report({ ...spec({ sensitive: ['sex'] }), out, format: 'html' }, never)
  const html = await readFile(out, 'utf8')
  expect(html).not.toContain('<img')
  expect(html).toContain('&#60;img onerror=&#34;x&#34;&#62;&#39;&#38;')
})

test('finds the columns that give a group away and sets labels beside predictions', async () => {
  const { fairness, run } = await audited()
  const proxies = (change: object = {}) =>
    fairness.proxies(ProxySpec.parse({ dataset: 'credit', sensitive: 'age_group', run: run.runId, ...change }), never)
  const found = await proxies()
  expect(ProxyReport.parse(found)).toEqual(found)
  expect(found.fields[0]).toMatchObject({ name: 'age', strength: 'strong' })
  expect(found.fields.map(({ name }) => name)).not.toContain('sex') // sensitive itself
  expect(found.fields.map(({ name }) => name)).not.toContain('credit_risk')
  expect(found.rest!.value!).toBeLessThan(found.all.value!)
  expect(found.rates.map(({ group, n }) => [group, n])).toEqual([
    ['old', 851],
    ['young', 149],
  ])
  const [old, young] = found.rates.map(({ labels }) => labels!.value!)
  expect(young! - old!).toBeCloseTo(-0.12855, 5)
  expect(found.rates.every(({ predictions }) => predictions !== null)).toBe(true)
  expect(found.summary[0]).toMatch(/"age" gives it away/)
  const few = await proxies({ fields: ['telephone'], run: undefined })
  expect(few.fields).toHaveLength(1)
  expect(few.rates[0]!.predictions).toBeNull()
  expect((await failure(proxies({ fields: ['nope'] }))).message).toMatch(/"nope" is no column/)
})

test('thresholds are proved on another split, kept with the run and used when asked for', async () => {
  const { fairness, runs, run, datasets } = await audited()
  const mitigate = (change: object = {}) =>
    fairness.mitigate(MitigationSpec.parse({ run: run.runId, sensitive: 'sex', rounds: 100, ...change }), never)
  const found = await mitigate()
  expect(Mitigation.parse(found)).toEqual(found)
  expect(found.before.overall['accuracy']!.value).toBeCloseTo(run.metrics.test!.accuracy!, 9)
  expect(found.thresholds).toMatchObject({ sensitive: 'sex', positive: 'good', fittedOn: 'validation' })
  expect(found.frontier[0]!.tolerance).toBe(0)
  expect(found.summary.join(' ')).toMatch(/found on the validation split.*law forbids/)
  expect((await failure(mitigate({ fitOn: 'test' }))).message).toMatch(/prove nothing/)

  const everybody = { p0: 0, threshold0: 2, threshold1: -1, ignore: 0, constant: 0 }
  const thresholds = { ...found.thresholds, groups: { male: everybody, female: { ...everybody, threshold1: 2 } } }
  const row = { ...(await rowOf(run.datasetId)), sex: 'male' }
  const predict = async (sex: string, asked: boolean) => {
    const spec = { run: run.runId, files: [], rows: [{ ...row, sex }], thresholds: asked }
    return (await runs.predict(spec, never))[0]!.class
  }
  expect((await failure(predict('male', true))).message).toMatch(/No group thresholds are kept/)
  expect((await fairness.keepThresholds({ run: run.runId, thresholds })).thresholds).toEqual(thresholds)
  expect([await predict('male', true), await predict('female', true)]).toEqual(['good', 'bad'])
  expect(await predict('male', false)).toBe(await predict('other', true))
  const { settingsDiff } = await runs.compare({ runs: [run.runId, run.runId], split: 'test' })
  expect(settingsDiff).toEqual({})
  expect((await fairness.keepThresholds({ run: run.runId, thresholds: null })).thresholds).toBeUndefined()

  async function rowOf(dataset: string) {
    const { samples } = await datasets.samples({ dataset, filter: {}, offset: 0, limit: 1 })
    return samples[0]!.values!
  }
})

test('a reweighed run says so and differs in that setting only; a field without groups is refused', async () => {
  const { train, runs, run } = await audited()
  const reweighed = await train('credit', 'mlp', { epochs: 5, reweigh: 'age_group' })
  expect(reweighed.status).toBe('finished')
  const { settingsDiff } = await runs.compare({ runs: [run.runId, reweighed.runId], split: 'test' })
  expect(settingsDiff).toEqual({ reweigh: [null, 'age_group'] })
  expect(reweighed.metrics.test!.loss).not.toBe(run.metrics.test!.loss)
  expect((await failure(train('credit', 'mlp', { reweigh: 'age' }))).message).toMatch(
    /"age" has no groups to reweigh by/,
  )
})
