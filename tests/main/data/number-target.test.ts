import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { resolveDataset } from '@main/services/dataset-queries'
import { planInput, writeSnapshot } from '@main/services/run-snapshot'
import { readSnapshot } from '@main/ml/snapshot-file'
import { dataServices, failure, parseOutput, writeTree, type DataServices } from '../../helpers/data-services'

let services: DataServices
let path = ''
beforeEach(async () => {
  services = await dataServices()
  const rows = Array.from(
    { length: 60 },
    (_, i) => `${(i * 17) % 41},${i % 3},${i % 7 === 0 ? '' : 10 + i * 1.5},${i % 2 ? 'a' : 'b'}`,
  )
  await writeTree(services.folder, { 'flats.csv': ['size,rooms,price,kind', ...rows].join('\n') })
  path = join(services.folder, 'flats.csv')
})

describe('a target that is a number', () => {
  it('is taken for one where there are many, said in words, without classes', async () => {
    const dataset = await services.importFiles([path], { target: 'price' })
    parseOutput('datasets.import', dataset)
    expect(dataset).toMatchObject({
      task: 'regression',
      target: 'price',
      classes: [],
      positive: null,
      labelledCount: 51,
    })
    expect(dataset.notes.join(' ')).toContain('"price" holds 51 different numbers, so it is predicted as a number.')
    expect(dataset.notes.join(' ')).toContain('drawn at random')
    expect(dataset.fields.find(({ name }) => name === 'price')).toMatchObject({ isInput: false, missing: 9 })
    expect(dataset.splits.none).toBe(0)
  })

  it('is chosen either way, at the import and later, and taken back', async () => {
    const { datasets, annotations } = services
    const few = await services.importFiles([path], { target: 'rooms' })
    expect(few).toMatchObject({ task: 'classification', classes: [{ name: '0' }, { name: '1' }, { name: '2' }] })
    const asNumber = await datasets.update({ dataset: 'set', task: 'regression' })
    expect(asNumber).toMatchObject({ task: 'regression', target: 'rooms', classes: [], labelledCount: 60 })
    expect((await annotations.log({ dataset: 'set', limit: 1 })).undo).toBe('Predict "rooms" as a number')
    await annotations.undo({ dataset: 'set' })
    expect(await datasets.get({ dataset: 'set' })).toMatchObject({ task: 'classification', labelledCount: 60 })
    await annotations.redo({ dataset: 'set' })
    expect(await datasets.update({ dataset: 'set', task: 'classification' })).toMatchObject({ classes: { length: 3 } })
    const other = await services.importFiles([path], { name: 'other', target: 'rooms', task: 'regression' })
    expect(other).toMatchObject({ task: 'regression', classes: [] })
    expect(other.notes.join(' ')).toContain('as chosen')
  })

  it('a label that was changed before is the number that is predicted then', async () => {
    const { annotations, datasets } = services
    await services.importFiles([path], { target: 'rooms' })
    await annotations.label({ dataset: 'set', selection: { refs: ['#1'] }, class: '2' })
    await datasets.update({ dataset: 'set', task: 'regression' })
    const row = await resolveDataset(services.db, 'set')
    await writeSnapshot(services.context, row, join(services.folder, 'run', 'snapshot.json'))
    const snapshot = await readSnapshot(join(services.folder, 'run'))
    expect(snapshot).toMatchObject({ task: 'regression', target: 'rooms', classes: [], positive: null })
    expect(snapshot.samples.slice(0, 3).map(({ target }) => target)).toEqual([2, 1, 2])
    expect(snapshot.fields.map(({ name }) => name)).toEqual(['size', 'price', 'kind'])
  })

  it('counts the rows that have one, by split', async () => {
    await services.importFiles([path], { target: 'price' })
    const plan = await planInput(services.db, await resolveDataset(services.db, 'set'))
    const { train, validation, test } = plan.splits
    expect(train + validation + test).toBe(51)
    expect(plan).toMatchObject({ task: 'regression', classes: [], trainPerClass: [] })
  })

  it('new rows are added without classes, into the splits', async () => {
    const { datasets } = services
    await services.importFiles([path], { target: 'price' })
    const more = await services.importFiles([path], { add: true })
    expect(more).toMatchObject({ sampleCount: 120, labelledCount: 102, classes: [], task: 'regression' })
    expect((await datasets.get({ dataset: 'set' })).splits.none).toBe(0)
  })

  it('what has a meaning for classes only is refused', async () => {
    const { datasets, annotations } = services
    await services.importFiles([path], { target: 'price' })
    const refused = [
      annotations.label({ dataset: 'set', selection: { refs: ['#1'] }, class: 'cheap' }),
      annotations.addClass({ dataset: 'set', name: 'cheap' }),
      datasets.update({ dataset: 'set', fields: [{ name: 'price', kind: 'category' }] }),
    ]
    for (const call of refused)
      expect(await failure(call)).toMatchObject({
        code: 'incompatible',
        message: expect.stringMatching(/is a number\.$/),
      })
    expect(await failure(datasets.update({ dataset: 'set', target: 'kind', task: 'regression' }))).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('its kind is category'),
    })
    const imported = services.importFiles([path], { name: 'b', target: 'price', positive: '10' })
    expect(await failure(imported)).toMatchObject({ message: expect.stringContaining('there are no classes') })
  })
})
