import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { SampleFilter } from '@shared/schemas/dataset'
import { resolveDataset, resolveSample, samplePath } from '@main/services/dataset-queries'
import { dataServices, failure, parseOutput, writeClasses, type DataServices } from '../../helpers/data-services'

describe('looking at samples', () => {
  let services: DataServices
  beforeEach(async () => {
    services = await dataServices()
  })
  const find = async (filter: object, dataset = 'set') => {
    const input = { dataset, filter: SampleFilter.parse(filter), offset: 0, limit: 100 }
    const page = parseOutput('datasets.samples', await services.datasets.samples(input)) as Awaited<
      ReturnType<DataServices['datasets']['samples']>
    >
    expect(page.total).toBe(page.samples.length)
    expect((await services.datasets.sampleIds(input)).ids).toEqual(page.samples.map(({ sampleId }) => sampleId))
    return page.samples
  }

  describe('of pictures', () => {
    beforeEach(async () => {
      await services.importFiles([await writeClasses(join(services.folder, 'pictures'), ['cat', 'dog', '100%'], 10)])
    })

    it('filters by class, split, label and path, and joins filters', async () => {
      const { classes } = await services.datasets.get({ dataset: 'set' })
      const dog = classes.find(({ name }) => name === 'dog')!.id
      expect((await find({ classIds: [dog] })).map(({ className }) => className)).toEqual(Array(10).fill('dog'))
      expect(await find({ classIds: [dog], splits: ['test'] })).toHaveLength(2)
      expect((await find({ search: '/10' })).map(({ path }) => path)).toEqual([
        '100%/10.png',
        'cat/10.png',
        'dog/10.png',
      ])
      expect(await find({ search: '0%' })).toHaveLength(10)
      expect(await find({ search: '_' })).toHaveLength(0)
      await services.annotations.label({ dataset: 'set', selection: { refs: ['dog/1.png', 'cat/1.png'] }, class: null })
      await services.annotations.assignSplit({ dataset: 'set', selection: { refs: ['dog/2.png'] }, split: null })
      expect((await find({ unlabelled: true })).map(({ path }) => path)).toEqual(['cat/1.png', 'dog/1.png'])
      expect(await find({ unlabelled: true, classIds: [dog] })).toHaveLength(11)
      expect((await find({ withoutSplit: true })).map(({ path }) => path)).toEqual(['dog/2.png'])
      expect(await find({ withoutSplit: true, splits: ['validation'] })).toHaveLength(4)
      expect(await find({ state: 'missing' })).toEqual([])
      expect(await find({ ids: [] })).toEqual([])
    })

    it('sorts by any column, and refuses one that is not there', async () => {
      const names = async (field: string, descending = false) =>
        (await find({ sort: { field, descending } })).map(({ path }) => path)
      expect((await names('path', true))[0]).toBe('dog/9.png')
      expect((await names('row', true))[0]).toBe('dog/10.png')
      expect((await names('class'))[0]).toBe('100%/1.png')
      expect(await failure(find({ sort: { field: 'age' } }))).toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining('"age"'),
      })
    })

    it('pages in order, also past an edit', async () => {
      const page = (offset: number, filter = {}) =>
        services.datasets.samples({ dataset: 'set', filter, offset, limit: 7 })
      const rows: number[] = []
      for (let offset = 0; offset < 30; offset += 7) rows.push(...(await page(offset)).samples.map(({ row }) => row))
      expect(rows).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
      const unlabelled = { unlabelled: true }
      expect((await page(0, unlabelled)).total).toBe(0)
      await services.annotations.label({ dataset: 'set', selection: { filter: { search: 'cat' } }, class: null })
      expect((await page(7, unlabelled)).samples).toHaveLength(3)
      expect((await page(0, unlabelled)).total).toBe(10)
    })

    it('finds one by its id, its path or #ROW', async () => {
      const dataset = await resolveDataset(services.db, 'set')
      const byPath = await resolveSample(services.db, dataset.id, 'dog/3.png')
      expect(await resolveSample(services.db, dataset.id, String(byPath.id))).toEqual(byPath)
      expect(await resolveSample(services.db, dataset.id, `#${byPath.row}`)).toEqual(byPath)
      expect(samplePath(dataset, byPath)).toBe(join(services.folder, 'pictures/dog/3.png'))
      expect(await services.datasets.sample({ dataset: dataset.id, sample: 'dog/3.png' })).toMatchObject({
        sampleId: byPath.id,
        className: 'dog',
      })
      expect(await failure(resolveSample(services.db, dataset.id, '#0'))).toMatchObject({ code: 'not_found' })
      expect(await failure(resolveDataset(services.db, 'other'))).toMatchObject({
        code: 'not_found',
        message: 'No dataset "other". There are: set.',
      })
    })
  })

  it('of a table: searches cells and not column names, sorts numbers as numbers and missing ones last', async () => {
    const path = join(services.folder, 'people.csv')
    await writeFile(path, 'age,town,y\n9,Agen,a\n100,"Köln ""am"" Rhein",b\n?,100 Mile House,a\n20,Rome,b\n')
    await services.importFiles([path], { target: 'y' })
    const rows = async (filter: object) => (await find(filter)).map(({ row }) => row)
    expect(await rows({ search: 'age' })).toEqual([1])
    expect(await rows({ search: '100' })).toEqual([2, 3])
    expect(await rows({ search: '"am"' })).toEqual([2])
    expect(await rows({ search: ',' })).toEqual([])
    expect(await rows({ sort: { field: 'age' } })).toEqual([1, 4, 2, 3])
    expect(await rows({ sort: { field: 'age', descending: true } })).toEqual([2, 4, 1, 3])
    expect(await rows({ sort: { field: 'row', descending: true } })).toEqual([4, 3, 2, 1])
  })

  it(
    'answers for 100 000 samples in well under a second, however they are filtered',
    { timeout: 120_000 },
    async () => {
      const path = join(services.folder, 'large.csv')
      const lines = Array.from(
        { length: 100_000 },
        (_, i) => `${(i * 7919) % 100_000},${i % 97},job ${i % 13},${i % 3 ? 'good' : 'bad'}`,
      )
      await writeFile(path, ['amount,age,job,risk', ...lines].join('\n'))
      await services.importFiles([path], { target: 'risk', name: 'large' })
      const timed = async (filter: object, offset: number) => {
        const start = performance.now()
        const { total, samples } = await services.datasets.samples({ dataset: 'large', filter, offset, limit: 200 })
        expect(samples).toHaveLength(200)
        return { total, ms: performance.now() - start, first: samples[0]! }
      }
      const sorted = { sort: { field: 'amount', descending: true } }
      const results = [
        await timed({}, 99_800),
        await timed(sorted, 0),
        await timed(sorted, 99_800),
        await timed({ search: 'job 12' }, 0),
        await timed({ splits: ['test' as const] }, 400),
      ]
      expect(results.map(({ total }) => total)).toEqual([100_000, 100_000, 100_000, 7692, 20_000])
      expect(results[1]!.first.values!['amount']).toBe(99_999)
      expect(results[2]!.first.values!['amount']).toBe(199)
      // Measured 2-90 ms on an idle machine (scripts/bench/data.mjs); the bound only catches a return to seconds.
      for (const { ms } of results) expect(ms).toBeLessThan(3000)
    },
  )
})
