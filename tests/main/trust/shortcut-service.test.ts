import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { boxOf, joinedMasks, regionsIn, writeRegion } from '@shared/masks'
import { SplitSpec } from '@shared/schemas/dataset'
import type { Run } from '@shared/schemas/run'
import { Difference, DifferenceSpec, MaskSpec, ShortcutReport, ShortcutSpec } from '@shared/schemas/shortcut'
import { ShortcutService } from '@main/services/shortcut-service'
import { failure, never } from '../../helpers/data-services'
import { plantedPictures, plantedReviews, plantedTable } from './planted'
import { trustServices } from './trained-workspace'

async function shortcutServices() {
  const services = await trustServices()
  const { context, runs, explanations } = services
  const shortcuts = new ShortcutService(context, runs, explanations)
  const find = (run: Run, again = false) => shortcuts.find(ShortcutSpec.parse({ run: run.runId, again }), never)
  const ended = (runId: string) =>
    vi.waitFor(
      async () => {
        const run = await runs.get({ run: runId })
        if (run.status === 'queued' || run.status === 'running') throw new Error(`Run ${runId} is ${run.status}.`)
        return run
      },
      { timeout: 60_000, interval: 50 },
    )
  /** A new run without what was found first. */
  const masked = async (run: Run, { found }: ShortcutReport) => {
    const { runId } = await shortcuts.maskAndRetrain(MaskSpec.parse({ run: run.runId, mask: found[0]!.mask }), never)
    return ended(runId)
  }
  return { ...services, shortcuts, find, masked }
}

type Services = Awaited<ReturnType<typeof shortcutServices>>

/** Accuracy on pictures of a folder whose subfolders are named after their classes. */
async function accuracyOn({ runs }: Services, run: Run, folder: string): Promise<number> {
  let [right, all] = [0, 0]
  for (const name of await readdir(folder)) {
    const files = (await readdir(join(folder, name))).map((file) => join(folder, name, file))
    const predictions = await runs.predict({ run: run.runId, files, rows: [], thresholds: false }, never)
    all += files.length
    right += predictions.filter((prediction) => prediction.class === name).length
  }
  return right / all
}

/** Accuracy on the rows of dataset `clean` that were not trained on, as the same rows of `planted` were not. */
async function accuracyOnRows({ runs, db }: Services, run: Run): Promise<number> {
  const rowsOf = (name: string) =>
    db.all<{ row: number; values: string; class: string }>(
      `SELECT samples.row, samples."values", classes.name AS class FROM samples
       JOIN classes ON classes.id = class_id JOIN datasets ON datasets.id = samples.dataset_id
       WHERE datasets.name = ? AND split = 'test' ORDER BY samples.row`,
      name,
    )
  const clean = await rowsOf('clean')
  expect(clean.map(({ row }) => row)).toEqual((await rowsOf('planted')).map(({ row }) => row))
  const rows = clean.map(({ values }) => JSON.parse(values) as Record<string, string>)
  const predictions = await runs.predict({ run: run.runId, files: [], rows, thresholds: false }, never)
  return predictions.filter((prediction, i) => prediction.class === clean[i]!.class).length / clean.length
}

test('a patch in a corner is named first; covered, clean accuracy is back, and the maps differ there', async () => {
  const services = await shortcutServices()
  const { importFiles, train, find, masked, folder, shortcuts, db, runs, context, events } = services
  const cleanFolder = await plantedPictures(join(folder, 'clean'), { patch: false, each: 200 })
  await importFiles([cleanFolder], { name: 'clean' })
  await importFiles([await plantedPictures(join(folder, 'planted'), { patch: true, each: 200 })], { name: 'planted' })
  const onClean = (run: Run) => accuracyOn(services, run, join(cleanFolder, 'test'))
  const honest = await train('clean', 'cnn', { epochs: 12 })
  const cheated = await train('planted', 'cnn', { epochs: 12 })

  const report = ShortcutReport.parse(await find(cheated))
  const [first, second] = report.found
  expect(first).toMatchObject({ class: 'cross', isStrong: true, mask: { maskRegions: '0, 0, 18.75, 18.75' } })
  expect(first!.region).toEqual({ left: 0, top: 0, width: 3 / 16, height: 3 / 16 })
  expect(first!.drop.low).toBeGreaterThan(0.5)
  expect(first!.drop.high).toBeGreaterThan(first!.drop.low)
  expect(first!.byClass.map((each) => each.class)).toEqual(cheated.classes)
  expect(first!.drop.value).toBeGreaterThan(3 * (second?.drop.value ?? 0))
  expect(report).toMatchObject({ kind: 'region', sampleCount: 600, of: 600, isKept: false })
  expect(report.summary[0]).toContain('the 3 × 3 pixels at the top left')
  expect(first!.examples.length).toBeGreaterThan(0)
  // Nothing was planted, so nothing decides by itself.
  expect((await find(honest)).found.filter(({ isStrong }) => isStrong)).toEqual([])
  // Kept with the run, until somebody asks again; progress was told.
  expect(await find(cheated)).toEqual({ ...report, isKept: true })
  expect((await find(cheated, true)).isKept).toBe(false)
  expect(events.filter(({ event }) => event === 'tasks.progressed').length).toBeGreaterThan(2)

  const mended = await masked(cheated, report)
  expect(mended.params).toMatchObject({ ...cheated.params, maskRegions: '0, 0, 18.75, 18.75' })
  const accuracies = { honest: await onClean(honest), cheated: await onClean(cheated), mended: await onClean(mended) }
  expect(accuracies.mended).toBeGreaterThanOrEqual(accuracies.honest - 0.02)
  expect(accuracies.cheated).toBeLessThan(accuracies.honest - 0.1)
  expect((await find(mended)).found.filter(({ isStrong }) => isStrong)).toEqual([])
  // What is exported says what is covered, and a prediction does not see it: the patch changes nothing.
  const out = join(folder, 'export')
  await runs.export({ run: mended.runId, format: 'tfjs', out }, never)
  expect(JSON.parse(await readFile(join(out, 'encoding.json'), 'utf8'))).toMatchObject({
    masked: [{ x: 0, y: 0, width: 3, height: 3 }],
  })

  const crosses = await db.all<{ id: number }>(
    `SELECT samples.id FROM samples JOIN classes ON classes.id = class_id JOIN datasets ON datasets.id = samples.dataset_id
     WHERE classes.name = 'cross' AND datasets.name = 'planted' AND split = 'test' ORDER BY samples.id LIMIT 6`,
  )
  const samples = crosses.map(({ id }) => String(id))
  const spec = { run: cheated.runId, against: mended.runId, samples, targetClass: 'cross' }
  for (const method of ['integrated-gradients', 'input-x-gradient']) {
    const asked = DifferenceSpec.parse({ ...spec, method })
    const difference = Difference.parse(await shortcuts.difference(asked, never))
    const { data, shape, threshold } = difference.where!
    expect([shape, threshold, difference.samples.length]).toEqual([[16, 16], 0.25, 6])
    const largest = Math.max(...data)
    const differs = data.flatMap((value, i) => (value >= threshold * largest ? [i] : []))
    const inPatch = differs.filter((i) => i % 16 < 3 && i < 3 * 16).length
    expect(inPatch / (9 + differs.length - inPatch)).toBeGreaterThanOrEqual(0.5)
    expect(difference.where!.overlap).toBeCloseTo(inPatch / (9 + differs.length - inPatch), 9)
  }
  const elsewhere = { ...spec, against: honest.runId, method: 'gradient' }
  expect(await failure(shortcuts.difference(DifferenceSpec.parse(elsewhere), never))).toMatchObject({
    code: 'incompatible',
  })
  const cancelled = AbortSignal.abort()
  const again = ShortcutSpec.parse({ run: cheated.runId, again: true })
  expect(await failure(shortcuts.find(again, cancelled))).toMatchObject({ code: 'cancelled' })
  expect(await readdir(join(context.paths.runs, cheated.runId))).toContain('shortcuts.json')
}, 120_000)

const rows = [
  {
    kind: 'word',
    plant: plantedReviews,
    count: 600,
    spec: { target: 'class', modality: 'text' as const },
    family: 'text-cnn',
    epochs: 8,
    mask: { maskWords: 'popcorn' },
  },
  {
    kind: 'field',
    plant: plantedTable,
    count: 1500,
    spec: { target: 'class', positive: 'yes' },
    family: 'mlp',
    epochs: 25,
    mask: { maskFields: 'ticket' },
  },
]

test.each(rows)(
  'a planted $kind is named first, and a run without it is as good on clean data',
  async (one) => {
    const services = await shortcutServices()
    const { importFiles, datasets, train, find, masked, folder, shortcuts } = services
    const trained: Record<string, Run> = {}
    for (const name of ['clean', 'planted']) {
      const csv = await one.plant(join(folder, `${name}.csv`), { isPlanted: name === 'planted', count: one.count })
      await importFiles([csv], { name, ...one.spec })
      await datasets.split(SplitSpec.parse({ dataset: name }))
      trained[name] = await train(name, one.family, { epochs: one.epochs })
    }
    const report = ShortcutReport.parse(await find(trained['planted']!))
    expect(report.kind).toBe(one.kind)
    expect(report.found[0]).toMatchObject({ mask: one.mask, isStrong: true })
    expect((await find(trained['clean']!)).found.filter(({ isStrong }) => isStrong)).toEqual([])
    const mended = await masked(trained['planted']!, report)
    expect(mended.params).toMatchObject(one.mask)
    const [honest, cheated, again] = [
      await accuracyOnRows(services, trained['clean']!),
      await accuracyOnRows(services, trained['planted']!),
      await accuracyOnRows(services, mended),
    ]
    expect(again).toBeGreaterThanOrEqual(honest - 0.02)
    expect(cheated).toBeLessThan(honest - 0.05)
    const difference = await shortcuts.difference(
      DifferenceSpec.parse({
        run: trained['planted']!.runId,
        against: mended.runId,
        samples: Array.from({ length: 12 }, (_, i) => `#${i + 1}`),
        method: 'integrated-gradients',
      }),
      never,
    )
    expect(Difference.parse(difference).parts![0]!.name).toBe(Object.values(one.mask)[0])
  },
  60_000,
)

test('a mask that names nothing that there is, is refused with what there is', async () => {
  const { importFiles, datasets, train, folder, shortcuts } = await shortcutServices()
  const csv = await plantedTable(join(folder, 'table.csv'), { isPlanted: true, count: 120 })
  await importFiles([csv], { name: 'table', target: 'class', positive: 'yes' })
  await datasets.split(SplitSpec.parse({ dataset: 'table' }))
  const { runId: run } = await train('table', 'mlp', { epochs: 1 })
  const start = (mask: object) => failure(shortcuts.maskAndRetrain(MaskSpec.parse({ run, mask }), never))
  expect(await start({ maskFields: 'hat' })).toMatchObject({ code: 'invalid_input', message: /"hat".*"ticket"/ })
  expect(await start({ maskFields: 'height; weight; age; ticket' })).toMatchObject({ message: /No field is left/ })
  expect(await start({ epochs: 3 })).toMatchObject({ code: 'invalid_input', message: /maskRegions/ })
  expect(await start({ maskRegions: '0, 0, 10, 10' })).toMatchObject({ message: /no meaning for/ })
})

test('regions are read and written in percent, and cover at least a pixel', () => {
  const grid = { width: 28, height: 28 }
  const box = { x: 0, y: 25, width: 3, height: 3 }
  const text = writeRegion(box, grid)
  expect(text).toBe('0, 89.29, 10.71, 10.71')
  expect(boxOf(regionsIn(text)![0]!, grid)).toEqual(box)
  expect(boxOf({ left: 0.999, top: 0, width: 0.001, height: 0.5 }, grid)).toEqual({ x: 27, y: 0, width: 1, height: 14 })
  expect(regionsIn('0, 0, 10, 10; 50, 50, 50, 50')).toHaveLength(2)
  for (const wrong of ['0, 0, 10', 'top', '0, 0, 0, 5', '50, 0, 60, 10', '-1, 0, 5, 5'])
    expect(regionsIn(wrong)).toBeNull()
  expect(joinedMasks(null, 'a; b', 'b;c')).toBe('a; b; c')
  expect(joinedMasks(undefined, '')).toBeNull()
})
