import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Sample } from '@shared/schemas/dataset'
import { ImportSpec } from '@shared/schemas/dataset'
import {
  colourOf,
  dataServices,
  failure,
  never,
  parseOutput,
  png,
  writeClasses,
  writeTree,
  type DataServices,
} from '../../helpers/data-services'

describe('importing pictures', () => {
  let services: DataServices
  let root: string
  beforeEach(async () => {
    services = await dataServices()
    root = join(services.folder, 'pictures')
  })
  const samplesOf = async (dataset = 'set', limit = 1000): Promise<Sample[]> =>
    (await services.datasets.samples({ dataset, filter: {}, offset: 0, limit })).samples

  it('takes sub-folders as classes, in natural order, and splits each class 70/10/20', async () => {
    await writeClasses(root, ['2', '10', '1'], 10)
    const dataset = parseOutput('datasets.import', await services.importFiles([root]))
    expect(dataset).toMatchObject({
      modality: 'image',
      sampleCount: 30,
      labelledCount: 30,
      sourcePath: root,
      skipped: [],
    })
    expect(dataset).toMatchObject({ splits: { train: 21, validation: 3, test: 6, none: 0 } })
    const samples = await samplesOf()
    expect(samples[0]).toMatchObject({
      row: 1,
      path: '1/1.png',
      className: '1',
      width: 8,
      height: 8,
      channels: 3,
      state: 'ok',
    })
    expect(samples.map(({ row }) => row)).toEqual(samples.map((_, i) => i + 1))
    expect(new Set(samples.map(({ hash }) => hash)).size).toBe(30)
    expect(services.events.filter(({ event }) => event === 'datasets.changed')).toHaveLength(1)
    for (const name of ['1', '2', '10'])
      expect(samples.filter((s) => s.className === name && s.split === 'test')).toHaveLength(2)
  })

  it('keeps train, validation and test folders as fixed splits, whatever their case', async () => {
    await writeClasses(join(root, 'Train'), ['cat', 'dog'], 3)
    await writeTree(root, { 'VAL/cat/a.png': await png('#123456'), 'test/dog/b.png': await png('#654321') })
    const dataset = await services.importFiles([root])
    expect(dataset.splits).toEqual({ train: 6, validation: 1, test: 1, none: 0 })
    expect(dataset.classes.map(({ name, count }) => [name, count])).toEqual([
      ['cat', 4],
      ['dog', 4],
    ])
  })

  it('looks through a single folder around everything, and leaves loose pictures unlabelled', async () => {
    await writeClasses(join(root, 'outer'), ['cat', 'dog'], 2)
    expect((await services.importFiles([root])).classes).toHaveLength(2)
    const loose = [join(root, 'outer/cat/1.png'), join(root, 'outer/dog/2.png')]
    const dataset = await services.importFiles(loose, { name: 'loose' })
    expect(dataset).toMatchObject({
      sampleCount: 2,
      labelledCount: 0,
      classes: [],
      splits: { none: 2 },
      sourcePath: join(root, 'outer'),
    })
    expect((await samplesOf('loose')).map(({ path }) => path)).toEqual(['cat/1.png', 'dog/2.png'])
  })

  it('lists what cannot be read with the reason in plain words, and takes the rest', async () => {
    const noise = await sharp({
      create: {
        width: 200,
        height: 200,
        channels: 3,
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
        background: '#000',
      },
    })
      .png()
      .toBuffer()
    await writeTree(root, {
      'cat/good.png': await png('#00ff00'),
      'cat/text.jpg': 'Dear diary, this is no picture at all.\n',
      'cat/cut.png': noise.subarray(0, noise.length / 2),
      'cat/cut.jpg': (await sharp(noise).jpeg().toBuffer()).subarray(0, 3000),
      'cat/empty.png': '',
      'cat/drawing.png': '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>',
      'cat/notes.md': '# notes',
      'dog/good.webp': await sharp(noise).webp().toBuffer(),
      'dog/good.gif': await sharp(noise).gif().toBuffer(),
      'dog/good.tif': await sharp(noise).tiff().toBuffer(),
      '.hidden.png': 'x',
      'Thumbs.db': 'x',
    })
    const dataset = await services.importFiles([root])
    expect((await samplesOf()).map(({ path }) => path)).toEqual([
      'cat/good.png',
      'dog/good.gif',
      'dog/good.tif',
      'dog/good.webp',
    ])
    const reasons = Object.fromEntries(dataset.skipped.map(({ path, reason }) => [path, reason]))
    expect(reasons).toEqual({
      'cat/notes.md': expect.stringContaining('Not a picture by its name'),
      'cat/text.jpg': 'Not a picture: the file holds text, whatever its name says.',
      'cat/drawing.png': 'Not a picture: the file holds text, whatever its name says.',
      'cat/cut.png': expect.stringContaining('The PNG picture is damaged or cut off'),
      'cat/cut.jpg': expect.stringContaining('The JPEG picture is damaged or cut off'),
      'cat/empty.png': 'The file is empty.',
    })
  })

  it('knows grey from colour, and the size after the turn that a camera noted', async () => {
    const base = sharp({ create: { width: 30, height: 20, channels: 3, background: '#888' } })
    await writeTree(root, {
      'grey.png': await base.clone().toColourspace('b-w').png().toBuffer(),
      'turned.jpg': await base.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      'clear.png': await base.clone().ensureAlpha(0.5).png().toBuffer(),
      'clear-grey.png': await base.clone().ensureAlpha(0.5).toColourspace('b-w').png().toBuffer(),
      'palette.png': await base.clone().png({ palette: true }).toBuffer(),
      'deep.png': await base.clone().toColourspace('grey16').png().toBuffer(),
      'large.png': await base.clone().resize(2000, 1000, { fit: 'fill' }).toColourspace('b-w').png().toBuffer(),
    })
    await services.importFiles([root])
    expect((await samplesOf()).map(({ path, width, height, channels }) => [path, width, height, channels])).toEqual([
      ['clear-grey.png', 30, 20, 2],
      ['clear.png', 30, 20, 4],
      ['deep.png', 30, 20, 1],
      ['grey.png', 30, 20, 1],
      ['large.png', 2000, 1000, 1],
      ['palette.png', 30, 20, 3],
      ['turned.jpg', 20, 30, 3],
    ])
  })

  it('says clearly when there is nothing to import, and stores nothing', async () => {
    await mkdir(root, { recursive: true })
    expect(await failure(services.importFiles([root]))).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('is empty'),
    })
    await writeFile(join(root, 'a.png'), 'text')
    expect(await failure(services.importFiles([root]))).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('a.png: Not a picture'),
    })
    expect(await failure(services.importFiles([join(root, 'nowhere')]))).toMatchObject({ code: 'not_found' })
    expect(await failure(services.importFiles([join(root, 'a.png')], { target: 'x' }))).toMatchObject({
      code: 'invalid_input',
    })
    expect(await services.datasets.list()).toEqual([])
  })

  it('refuses a taken name unless files are to be added to it', async () => {
    await writeClasses(root, ['cat', 'dog'], 5)
    await services.importFiles([root])
    expect(await failure(services.importFiles([root]))).toMatchObject({ code: 'conflict' })
    expect(await failure(services.importFiles([root], { add: true }))).toMatchObject({
      message: expect.stringContaining('already'),
    })
    await writeTree(root, { 'emu/1.png': await png('#abcdef'), 'cat/99.png': await png('#fedcba') })
    const dataset = await services.importFiles([root], { add: true })
    expect(dataset.sampleCount).toBe(12)
    expect(dataset.classes.map(({ name, count }) => [name, count])).toEqual([
      ['cat', 6],
      ['dog', 5],
      ['emu', 1],
    ])
    expect(dataset.splits.none).toBe(0)
    expect((await samplesOf()).map(({ row }) => row)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    const elsewhere = await writeClasses(join(services.folder, 'more'), ['cat'], 1)
    const added = await services.datasets.addFiles({ dataset: 'set', paths: [elsewhere] }, never)
    expect(added.sampleCount).toBe(13)
  })

  it('cancelled half-way, leaves nothing behind', async () => {
    await writeClasses(root, ['cat', 'dog'], 400)
    const controller = new AbortController()
    const promise = services.datasets.import(
      ImportSpec.parse({ paths: [root], name: 'set', taskId: 't' }),
      controller.signal,
    )
    const seen = setInterval(() => {
      const progress = services.events.filter(({ event }) => event === 'tasks.progressed')
      if (progress.some(({ payload }) => (payload as { done: number }).done > 0)) services.context.tasks.cancel('t')
    }, 1)
    expect(await failure(promise)).toMatchObject({ code: 'cancelled' })
    clearInterval(seen)
    expect(services.events.at(-1)).toMatchObject({
      event: 'tasks.progressed',
      payload: { state: 'cancelled', total: 800 },
    })
    for (const table of ['datasets', 'samples', 'classes', 'edits'])
      expect(await services.db.get(`SELECT count(*) AS n FROM ${table}`)).toEqual({ n: 0 })
  })

  it('tells before the import what it would bring', async () => {
    await writeClasses(join(root, 'train'), ['b', 'a'], 2)
    await writeTree(root, { 'test/a/9.png': await png(colourOf(77)), 'read.me': 'hello' })
    const inspection = parseOutput('datasets.inspect', await services.datasets.inspect({ paths: [root] }, never))
    expect(inspection).toMatchObject({
      modality: 'image',
      suggestedName: 'pictures',
      sampleCount: 5,
      classes: [
        { name: 'a', count: 3 },
        { name: 'b', count: 2 },
      ],
      splits: ['train', 'test'],
      skipped: [{ path: 'read.me' }],
    })
  })

  it.skipIf(process.getuid?.() === 0)('lists a file that may not be read', async () => {
    await writeClasses(root, ['cat', 'dog'], 2)
    await chmod(join(root, 'cat/1.png'), 0)
    expect((await services.importFiles([root])).skipped).toEqual([
      { path: 'cat/1.png', reason: 'Reading this file is not allowed.' },
    ])
  })

  it('notes identical pictures and a single class', async () => {
    const same = await png('#010203')
    await writeTree(root, { 'cat/1.png': same, 'cat/2.png': same })
    const { notes } = await services.importFiles([root])
    expect(notes).toContain('1 picture is identical to another one.')
    expect(notes.join()).toContain('one class ("cat")')
    expect(await readFile(join(root, 'cat/1.png'))).toEqual(same)
  })
})
