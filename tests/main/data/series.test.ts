import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Inspection } from '@shared/schemas/dataset'
import { toErrorReply } from '@shared/errors'
import { prepareDecoder } from '@main/ml/decode/picture'
import { readPlace } from '@main/ml/decode/series/pack'
import { resolveSample, seriesPlace } from '@main/services/dataset-queries'
import { dataServices, never, parseOutput, type DataServices } from '../../helpers/data-services'

const ts = `#comment
@problemName toy
@timeStamps false
@univariate false
@classLabel true a b
@data
1,2,3:4,5,6:a
7,?:8,9:b
1,2,3:a
nothing:here:b
`

async function put(services: DataServices, files: Record<string, string>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(services.folder, 'in', name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, text)
  }
  return join(services.folder, 'in')
}

const inspect = async ({ datasets }: DataServices, path: string, modality?: 'series' | 'table') =>
  parseOutput('datasets.inspect', await datasets.inspect({ paths: [path], modality }, never)) as Inspection

/** All values of the samples, with what is missing as null. */
async function valuesOf(services: DataServices, dataset: string) {
  const { samples } = await services.datasets.samples({ dataset, filter: {}, offset: 0, limit: 100 })
  return Promise.all(
    samples.map(async ({ sampleId, path, className, split }) => {
      const row = await resolveSample(services.db, dataset, String(sampleId))
      const values = await readPlace(seriesPlace(services.context.paths, row))
      return { name: path, className, split, values: Array.from(values, (v) => (Number.isNaN(v) ? null : v)) }
    }),
  )
}

const wide = (count: number, header: string[]) =>
  [
    header.join(','),
    ...Array.from({ length: count }, (_, i) =>
      [i % 2 ? 'up' : 'down', ...header.slice(1).map((_, t) => i + t)].join(','),
    ),
  ].join('\n')

describe('importing time series', () => {
  it('reads .ts files: channels, gaps, unequal lengths, splits by name, and lists lines that do not fit', async () => {
    const services = await dataServices()
    const folder = await put(services, { 'toy/toy_TRAIN.ts': ts, 'toy/toy_TEST.ts': ts })
    const found = await inspect(services, join(folder, 'toy'))
    expect(found).toMatchObject({ modality: 'series', sampleCount: 4, suggestedName: 'toy', splits: ['train', 'test'] })
    expect(found.series).toMatchObject({ shortest: 2, longest: 3, missing: 2 })
    expect(found.series!.curves[1]!.channels).toEqual([
      [7, null],
      [8, 9],
    ])
    const dataset = await services.importFiles([join(folder, 'toy')])
    expect(dataset).toMatchObject({
      modality: 'series',
      sampleCount: 4,
      labelledCount: 4,
      splits: { train: 2, test: 2 },
    })
    expect(dataset.skipped.map(({ reason }) => reason)).toEqual([
      'Expected 2 channels, got 1.',
      'None of its values is a number.',
      'Expected 2 channels, got 1.',
      'None of its values is a number.',
    ])
    expect((await valuesOf(services, dataset.datasetId))[0]).toEqual({
      name: 'toy_TEST.ts#1',
      className: 'a',
      split: 'test',
      values: [1, 4, 2, 5, 3, 6],
    })
  })

  it('reads a wide table: steps that count up, a class, shorter rows', async () => {
    const services = await dataServices()
    const header = ['label', ...Array.from({ length: 20 }, (_, t) => `t${t}`)]
    const folder = await put(services, { 'wide.csv': `${wide(10, header)}\nup,1,,3${','.repeat(17)}\n` })
    const found = await inspect(services, join(folder, 'wide.csv'))
    expect(found).toMatchObject({ modality: 'series', choices: ['series', 'table', 'text'], sampleCount: 11 })
    expect(found.classes).toEqual([
      { name: 'down', count: 5 },
      { name: 'up', count: 6 },
    ])
    expect(await inspect(services, join(folder, 'wide.csv'), 'table')).toMatchObject({ modality: 'table' })
    const dataset = await services.importFiles([join(folder, 'wide.csv')])
    expect((await valuesOf(services, dataset.datasetId)).at(-1)).toMatchObject({
      className: 'up',
      values: [1, null, 3],
    })
  })

  it('reads several channels out of counted columns, and numbers without column names', async () => {
    const services = await dataServices()
    const folder = await put(services, {
      'two.csv': 'x_0,x_1,x_2,y_0,y_1,y_2,kind\n1,2,3,4,5,6,a\n7,8,9,10,11,12,b\n',
      'ucr.tsv': '1\t0.5\t0.25\t0.125\n2\t0.1\t0.2\t0.3\n1\t0.5\t0.6\t0.7\n',
    })
    const two = await services.importFiles([join(folder, 'two.csv')], { name: 'two', modality: 'series' })
    expect((await valuesOf(services, two.datasetId))[0]).toMatchObject({ className: 'a', values: [1, 4, 2, 5, 3, 6] })
    const ucr = await services.importFiles([join(folder, 'ucr.tsv')], { name: 'ucr', modality: 'series' })
    const values = await valuesOf(services, ucr.datasetId)
    expect(values.map(({ className }) => className)).toEqual(['1', '2', '1'])
    expect(values[0]!.values).toEqual([0.5, 0.25, 0.125])
  })

  it('reads a long table, rows of one series apart and out of order', async () => {
    const services = await dataServices()
    const rows = ['id,time,x,y,label', 'a,1,2,20,up', 'b,0,5,50,down', 'a,0,1,10,up', 'b,1,6,,down', 'b,2,7,70,down']
    const folder = await put(services, { 'long.csv': rows.join('\n') })
    const found = await inspect(services, join(folder, 'long.csv'))
    expect(found).toMatchObject({ modality: 'series', sampleCount: 2 })
    expect(found.series).toMatchObject({ channels: ['x', 'y'], shortest: 2, longest: 3 })
    const dataset = await services.importFiles([join(folder, 'long.csv')])
    expect(await valuesOf(services, dataset.datasetId)).toEqual([
      { name: 'a', className: 'up', split: expect.anything(), values: [1, 10, 2, 20] },
      { name: 'b', className: 'down', split: expect.anything(), values: [5, 50, 6, null, 7, 70] },
    ])
  })

  it('reads one file per recording in class folders, and says which one lacks a channel', async () => {
    const services = await dataServices()
    const folder = await put(services, {
      'set/walk/1.csv': 'time,ax,ay\n0,1,2\n1,3,4\n',
      'set/walk/2.csv': 'ax,ay\n5,6\n',
      'set/run/1.csv': 'ax\n5\n',
    })
    const dataset = await services.importFiles([join(folder, 'set')])
    expect(dataset.classes.map(({ name, count }) => [name, count])).toEqual([['walk', 2]])
    expect(dataset.skipped).toEqual([{ path: 'run/1.csv', reason: 'It lacks one of the columns ax, ay.' }])
  })

  it('draws a series, gives its values, adds more of the same channels only, and deletes its copy', async () => {
    const services = await dataServices()
    const folder = await put(services, { 'toy_TRAIN.ts': ts, 'one.ts': '@classLabel true a\n@data\n1,2:a\n' })
    const dataset = await services.importFiles([join(folder, 'toy_TRAIN.ts')])
    const { samples } = await services.datasets.samples({ dataset: 'set', filter: {}, offset: 0, limit: 1 })
    // Pictures read before must not keep series from being drawn: they share a process.
    prepareDecoder()
    const drawn = await services.files.open(samples[0]!.sampleId, 64)
    expect((await readFile(drawn.path)).subarray(8, 12).toString()).toBe('WEBP')
    const raw = await services.files.open(samples[0]!.sampleId, null)
    expect(raw.range).toEqual({ start: 0, end: 23 })
    const add = services.datasets.addFiles({ dataset: 'set', paths: [join(folder, 'one.ts')] }, never)
    expect(toErrorReply(await add.catch((error: unknown) => error))).toMatchObject({ code: 'incompatible' })
    const more = await services.datasets.addFiles({ dataset: 'set', paths: [join(folder, 'toy_TRAIN.ts')] }, never)
    expect(more.sampleCount).toBe(4)
    await services.datasets.delete({ dataset: dataset.datasetId })
    await expect(access(raw.path)).rejects.toThrow('ENOENT')
  })

  it('says what it expected of a file that holds no series', async () => {
    const services = await dataServices()
    const folder = await put(services, { 'code.ts': 'export const x = 1\n', 'words.csv': 'a,b\nx,y\nz,w\n' })
    const failure = (path: string) => inspect(services, join(folder, path), 'series').then(() => null, toErrorReply)
    expect(await failure('code.ts')).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('.ts format'),
    })
    expect(await failure('words.csv')).toMatchObject({ message: expect.stringContaining('Expected one series a row') })
  })
})
