import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, onTestFinished, test, vi } from 'vitest'
import { SplitSpec } from '@shared/schemas/dataset'
import { Explanation, ExplainSpec, Importance, ImportanceSpec, MapChecks } from '@shared/schemas/explanation'
import { failure, never, type DataServices } from '../../helpers/data-services'
import { tempFolder } from '../../helpers/temp-db'
import { toyPictures } from '../ml/toy'
import { trainedCredit, trustServices } from './trained-workspace'

/** Jobs that were really started, by name. */
const startedJobs = ({ context }: Pick<DataServices, 'context'>) => {
  const run = vi.spyOn(context.jobs, 'run')
  onTestFinished(() => run.mockRestore())
  return () => run.mock.calls.map(([, job]) => job)
}
const spec = (run: string, change: object = {}) =>
  ExplainSpec.parse({ run, sample: '#3', method: 'integrated-gradients', ...change })

test('a map is computed once, kept by what made it, and computed anew when any of that changes', async () => {
  const services = await trainedCredit(2)
  const { explanations, run, context, db } = services
  const jobs = startedJobs(services)
  const explain = (change?: object) => explanations.explain(spec(run.runId, change), never)
  const first = await explain()
  expect(Explanation.parse(first)).toEqual(first)
  expect(first).toMatchObject({ runId: run.runId, sampleId: 3, isCached: false, params: { steps: 64 } })
  // -0 comes back from JSON as 0.
  expect(await explain()).toEqual({ ...(JSON.parse(JSON.stringify(first)) as Explanation), isCached: true })
  expect(jobs()).toEqual(['explain'])

  // Another sample, method, setting or class is another map.
  const changes = [
    { sample: '#4' },
    { method: 'gradient' },
    { params: { steps: 32 } },
    { targetClass: 'bad' },
    { targetClass: 'good' },
  ]
  for (const change of changes) expect((await explain(change)).isCached).toBe(false)
  for (const change of changes) expect((await explain(change)).isCached).toBe(true)
  expect(jobs()).toHaveLength(1 + changes.length)

  // Other contents of the sample, other weights: the old map would be a lie.
  await db.run(`UPDATE samples SET "values" = json_set("values", '$.age', 99) WHERE id = 3`)
  const older = await explain()
  expect(older.isCached).toBe(false)
  expect(older.fields!.find(({ name }) => name === 'age')!.value).toBe(99)
  const weights = join(context.paths.runs, run.runId, 'model.safetensors')
  await utimes(weights, new Date(), new Date(Date.now() + 5000))
  expect((await explain()).isCached).toBe(false)

  // A damaged file in the cache costs a second, not the answer.
  const folder = join(context.paths.cache, 'explanations')
  for (const name of await readdir(folder))
    for (const file of await readdir(join(folder, name))) await writeFile(join(folder, name, file), '{"half":')
  expect(await explain()).toMatchObject({ isCached: false, target: older.target })
})

test('a map is checked once, on the very map that is shown, and anew when that changes', async () => {
  const services = await trainedCredit(2)
  const { explanations, run, events } = services
  const jobs = startedJobs(services)
  const check = (change?: object) => explanations.check(spec(run.runId, change), never)
  const first = await check()
  expect(MapChecks.parse(first)).toEqual(first)
  expect(first).toMatchObject({ sampleId: 3, method: 'integrated-gradients', isCached: false })
  expect(first.checks.map(({ id }) => id)).toEqual(['completeness', 'deletion-insertion', 'noise', 'randomisation'])
  expect(await check()).toMatchObject({ overall: first.overall, isCached: true })
  expect(jobs()).toEqual(['explain', 'check-map'])
  // The map that was checked is the one that is shown.
  expect((await explanations.explain(spec(run.runId), never)).isCached).toBe(true)
  expect((await check({ method: 'gradient' })).checks.map(({ id }) => id)).not.toContain('completeness')
  const told = events.filter(({ event }) => event === 'tasks.progressed').map(({ payload }) => payload)
  expect(told).toContainEqual(expect.objectContaining({ title: 'Checking the map by gradient', unit: '%' }))

  const controller = new AbortController()
  const stopped = explanations.check(spec(run.runId, { sample: '#9' }), controller.signal)
  controller.abort()
  expect((await failure(stopped)).code).toBe('cancelled')
})

test('what cannot be explained is refused with what there is', async () => {
  const services = await trainedCredit(2)
  const { explanations, run, db, context } = services
  const refused = (change: object) => failure(explanations.explain(spec(run.runId, change), never))
  expect(await refused({ method: 'tea-leaves' })).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/No method "tea-leaves".*integrated-gradients/),
  })
  expect((await refused({ method: 'grad-cam' })).message).toMatch(/does not fit this run: it is for image/)
  expect((await refused({ sample: '#1001' })).code).toBe('not_found')
  expect((await refused({ targetClass: 'ugly' })).message).toMatch(/no class "ugly"; it has bad, good/)
  expect((await refused({ params: { steps: 0 } })).message).toMatch(/steps: expected a whole number from/)
  expect((await refused({ params: { stepps: 5 } })).message).toMatch(/no setting "stepps"/)
  expect((await refused({ run: 'nobody' })).code).toBe('not_found')
  await db.run('DELETE FROM run_epochs')
  expect((await refused({})).message).toMatch(/has no finished epoch yet; train it first/)
  // Nothing half-done stays behind.
  expect(await readdir(context.paths.cache).catch(() => [])).not.toContain('explanations')
})

test('importance of the fields is measured once', async () => {
  const services = await trainedCredit(3)
  const { explanations, run } = services
  const jobs = startedJobs(services)
  const measure = (change = {}) => explanations.importance(ImportanceSpec.parse({ run: run.runId, ...change }), never)
  const found = await measure()
  expect(Importance.parse(found)).toEqual(found)
  expect(found).toMatchObject({ split: 'test', sampleCount: 200, scoreName: 'accuracy', isCached: false })
  expect(found.score).toBeCloseTo(run.metrics.test!.accuracy!, 6)
  for (const { low, mean, high } of found.fields) expect(low <= mean && mean <= high).toBe(true)
  expect((await measure()).isCached).toBe(true)
  expect((await measure({ split: 'validation' })).sampleCount).toBe(100)
  expect(jobs()).toEqual(['importance', 'importance'])
})

test('a map over its picture goes to a PNG with its colour bar; a failed one leaves no file', async () => {
  const services = await trustServices()
  const folder = join(await tempFolder(), 'bars')
  const { samples } = await toyPictures(folder, 45)
  // One sub-folder per class, as people have them.
  for (const { path, target } of samples) {
    await mkdir(join(folder, String(target)), { recursive: true })
    await writeFile(join(folder, String(target), path!.split('/').at(-1)!), await readFile(path!))
  }
  await services.importFiles(
    [0, 1, 2].map((name) => join(folder, String(name))),
    { name: 'bars' },
  )
  await services.datasets.split(SplitSpec.parse({ dataset: 'bars' }))
  const run = await services.train('bars', 'cnn', { epochs: 2, batchSize: 16, filters: 8, denseUnits: 16 })
  // Reading foreign pictures forbids SVG to its process, which in the product is not the one that draws.
  sharp.unblock({ operation: ['VipsForeignLoadSvg'] })
  const out = join(services.folder, 'maps', 'why')
  const { files } = await services.explanations.exportPng(
    { ...spec(run.runId, { method: 'grad-cam', sample: '#1' }), out, opacity: 0.6 },
    never,
  )
  expect(files).toEqual([`${out}.png`])
  const { width, height, format } = await sharp(files[0]!).metadata()
  expect([format, width]).toEqual(['png', 688])
  expect(height).toBeGreaterThan(688)
  // The colour bar lies below the picture and has more than one colour.
  const bar = await sharp(files[0]!)
    .extract({ left: 24, top: 685, width: 640, height: 8 })
    .removeAlpha()
    .raw()
    .toBuffer()
  expect(new Set(Array.from({ length: 640 }, (_, x) => bar.subarray(3 * x, 3 * x + 3).join())).size).toBeGreaterThan(20)

  await writeFile(join(services.folder, 'flat'), 'a file, not a folder')
  const refused = services.explanations.exportPng(
    {
      ...spec(run.runId, { method: 'grad-cam', sample: '#1' }),
      out: join(services.folder, 'flat', 'why.png'),
      opacity: 0.6,
    },
    never,
  )
  await failure(refused)
  expect((await stat(join(services.folder, 'flat'))).isFile()).toBe(true)
  expect((await readdir(join(services.folder, 'maps'))).sort()).toEqual(['why.png'])
})
