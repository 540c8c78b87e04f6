import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { dataServices, failure, never, parseOutput, type DataServices } from '../../helpers/data-services'

describe('bundled sample datasets', () => {
  let services: DataServices
  beforeEach(async () => {
    services = await dataServices()
  })

  it('German credit comes with its target, favourable outcome and sensitive features', async () => {
    const dataset = parseOutput(
      'datasets.importSample',
      await services.datasets.importSample({ id: 'german-credit' }, never),
    )
    expect(dataset).toMatchObject({
      name: 'German credit',
      modality: 'table',
      sampleCount: 1000,
      target: 'credit_risk',
      positive: 'good',
      skipped: [],
    })
    expect(dataset).toMatchObject({ splits: { train: 700, validation: 100, test: 200, none: 0 } })
    const fields = (dataset as Awaited<ReturnType<DataServices['datasets']['get']>>).fields
    expect(fields.filter(({ isSensitive }) => isSensitive).map(({ name }) => name)).toEqual(['age', 'sex'])
    expect(fields.every(({ missing }) => missing === 0)).toBe(true)
    expect(fields.filter(({ isInput }) => !isInput).map(({ name }) => name)).toEqual(['credit_risk'])
    expect(await failure(services.datasets.importSample({ id: 'german-credit' }, never))).toMatchObject({
      code: 'conflict',
    })
  })

  it('wages come with a number to predict, and sensitive features', async () => {
    const dataset = await services.datasets.importSample({ id: 'wages' }, never)
    parseOutput('datasets.importSample', dataset)
    expect(dataset).toMatchObject({
      sampleCount: 534,
      labelledCount: 534,
      target: 'wage',
      task: 'regression',
      classes: [],
    })
    expect(dataset.fields.filter(({ isSensitive }) => isSensitive).map(({ name }) => name)).toEqual([
      'gender',
      'age',
      'race',
    ])
    expect(dataset.fields.every(({ missing }) => missing === 0)).toBe(true)
    expect(dataset.splits).toMatchObject({ train: 374, validation: 53, test: 107 })
  })

  it(
    'digits are unpacked once into the workspace and keep their fixed splits; deleted, they take no space',
    { timeout: 120_000 },
    async () => {
      const dataset = await services.datasets.importSample({ id: 'digits', name: 'digits' }, never)
      expect(dataset).toMatchObject({
        sampleCount: 6000,
        labelledCount: 6000,
        splits: { train: 5000, validation: 0, test: 1000 },
        skipped: [],
      })
      expect(dataset.classes.map(({ name, count }) => [name, count])).toEqual(
        Array.from({ length: 10 }, (_, i) => [String(i), 600]),
      )
      const folder = join(services.context.paths.files, 'samples')
      expect(await readdir(folder)).toEqual(['digits'])
      const { samples } = await services.datasets.samples({ dataset: 'digits', filter: {}, offset: 0, limit: 1 })
      expect(samples[0]).toMatchObject({ width: 28, height: 28, channels: 1 })
      await services.datasets.delete({ dataset: 'digits' })
      expect(await readdir(folder)).toEqual([])
    },
  )

  it('are refused when unknown or damaged, with nothing left behind', async () => {
    expect(await failure(services.datasets.importSample({ id: 'nope' }, never))).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('german-credit'),
    })
    const resources = await mkdtemp(join(services.folder, 'resources-'))
    const index = JSON.parse(await readFile(join(services.context.paths.resources, 'samples/index.json'), 'utf8'))
    const damaged = { ...services.context, paths: { ...services.context.paths, resources } }
    const { mkdir } = await import('node:fs/promises')
    await mkdir(join(resources, 'samples/german-credit'), { recursive: true })
    await writeFile(join(resources, 'samples/index.json'), JSON.stringify(index))
    await writeFile(join(resources, 'samples/german-credit/german-credit.csv'), 'x,y\n1,2\n')
    const { DatasetService } = await import('@main/services/dataset-service')
    expect(await failure(new DatasetService(damaged).importSample({ id: 'german-credit' }, never))).toMatchObject({
      message: expect.stringContaining('damaged'),
    })
    expect(await readdir(join(services.context.paths.files, 'samples')).catch(() => [])).toEqual([])
  })
})
