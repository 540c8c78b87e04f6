import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { deriveValue } from '@main/services/derive'
import { SplitSpec } from '@shared/schemas/dataset'
import { dataServices, failure, writeClasses, type DataServices } from '../../helpers/data-services'

describe('a derived value', () => {
  it('lies in the bin that its number belongs to', () => {
    const sorted = fc
      .uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 6 })
      .map((cuts) => cuts.sort((a, b) => a - b))
    fc.assert(
      fc.property(sorted, fc.double({ min: -60, max: 60, noNaN: true }), (cuts, value) => {
        const labels = [...cuts.map((_, i) => `bin ${i}`), `bin ${cuts.length}`]
        const bin = labels.indexOf(deriveValue({ kind: 'bins', from: 'x', cuts, labels }, value)!)
        if (bin > 0) expect(value).toBeGreaterThanOrEqual(cuts[bin - 1]!)
        if (bin < cuts.length) expect(value).toBeLessThan(cuts[bin]!)
      }),
    )
  })

  it('is missing where its source is missing, no number, or not in the map', () => {
    const bins = { kind: 'bins', from: 'x', cuts: [1], labels: ['a', 'b'] } as const
    const map = { kind: 'map', from: 'x', map: { A92: 'female', 3: 'three', true: 'yes' } } as const
    expect(
      [null, 'text', undefined].map((value) => deriveValue({ ...bins, cuts: [1], labels: ['a', 'b'] }, value)),
    ).toEqual([null, null, null])
    expect(['A92', 3, true, 'A93', 'toString', null].map((value) => deriveValue(map, value))).toEqual([
      'female',
      'three',
      'yes',
      null,
      null,
      null,
    ])
  })
})

describe('columns of a table', () => {
  let services: DataServices
  beforeEach(async () => {
    services = await dataServices()
    const path = join(services.folder, 'people.csv')
    await writeFile(path, ['age,code,"odd ""name""",y', '20,A91,1,a', '25,A92,2,b', '?,A93,3,a', '60,,4,b'].join('\n'))
    await services.importFiles([path], { target: 'y' })
  })
  const column = async (name: string) => {
    const { samples } = await services.datasets.samples({ dataset: 'set', filter: {}, offset: 0, limit: 10 })
    return samples.map(({ values }) => values![name])
  }
  const derive = (name: string, derivation: Parameters<DataServices['datasets']['derive']>[0]['derivation']) =>
    services.datasets.derive({ dataset: 'set', column: name, derivation })
  const field = async (name: string) =>
    (await services.datasets.get({ dataset: 'set' })).fields.find((entry) => entry.name === name)

  it('are derived by bins and by map, remembered, counted, and no inputs', async () => {
    expect(await derive('age_group', { kind: 'bins', from: 'age', cuts: [25], labels: ['young', 'old'] })).toEqual({
      column: 'age_group',
      counts: { young: 1, old: 2 },
    })
    expect(
      await derive('sex "x"', { kind: 'map', from: 'code', map: { A91: 'male', A92: 'female', A99: 'other' } }),
    ).toEqual({ column: 'sex "x"', counts: { male: 1, female: 1, other: 0 } })
    expect(await column('age_group')).toEqual(['young', 'old', null, 'old'])
    expect(await column('sex "x"')).toEqual(['male', 'female', null, null])
    expect(await field('sex "x"')).toMatchObject({
      kind: 'category',
      isInput: false,
      missing: 2,
      derivation: { kind: 'map', from: 'code' },
    })
    expect(
      await derive('odd', { kind: 'bins', from: 'odd "name"', cuts: [2, 4], labels: ['l', 'm', 'h'] }),
    ).toMatchObject({ counts: { l: 1, m: 2, h: 1 } })
    const grouped = await services.datasets.split(
      SplitSpec.parse({ dataset: 'set', train: 0.5, validation: 0, test: 0.5, group: 'age_group' }),
    )
    expect(grouped.train + grouped.test).toBe(4)
  })

  it('are refused where they cannot be meant, with the reason', async () => {
    await derive('twice', { kind: 'map', from: 'code', map: { A91: 'x' } })
    const messages = await Promise.all(
      [
        derive('twice', { kind: 'map', from: 'code', map: { A91: 'x' } }),
        derive('a', { kind: 'bins', from: 'age', cuts: [25, 30], labels: ['young', 'old'] }),
        derive('a', { kind: 'bins', from: 'age', cuts: [30, 25], labels: ['a', 'b', 'c'] }),
        derive('a', { kind: 'bins', from: 'code', cuts: [30], labels: ['a', 'b'] }),
        derive('a', { kind: 'map', from: 'nope', map: { A91: 'x' } }),
        services.datasets.removeField({ dataset: 'set', field: 'age' }),
        services.datasets.split(SplitSpec.parse({ dataset: 'set', group: 'nope' })),
      ].map(async (call) => (await failure(call)).message),
    )
    const expected = [
      'already',
      '3 bins, so 3 labels',
      'must ascend',
      'Bins need numbers',
      'Its columns are: age, code',
      'stays',
      'No column "nope" to group by',
    ]
    messages.forEach((message, i) => expect(message).toContain(expected[i]))
    expect((await services.annotations.log({ dataset: 'set', limit: 9 })).entries).toHaveLength(1)
  })

  it('are removed and come back with undo, values and all', async () => {
    await derive('group', { kind: 'bins', from: 'age', cuts: [25], labels: ['young', 'old'] })
    const before = await field('group')
    await services.datasets.removeField({ dataset: 'set', field: 'group' })
    expect(await column('group')).toEqual([undefined, undefined, undefined, undefined])
    await services.annotations.undo({ dataset: 'set' })
    expect(await column('group')).toEqual(['young', 'old', null, 'old'])
    expect(await field('group')).toEqual(before)
  })

  it('change their kind with their values, unless a value would be lost', async () => {
    const { datasets } = services
    await datasets.update({ dataset: 'set', fields: [{ name: 'age', kind: 'category', isSensitive: true }] })
    expect(await column('age')).toEqual(['20', '25', null, '60'])
    expect(await field('age')).toMatchObject({
      kind: 'category',
      isSensitive: true,
      isInput: true,
      missing: 1,
      values: expect.arrayContaining([{ value: '20', count: 1 }]),
    })
    await datasets.update({ dataset: 'set', fields: [{ name: 'age', kind: 'number' }] })
    expect(await column('age')).toEqual([20, 25, null, 60])
    expect(
      await failure(datasets.update({ dataset: 'set', name: 'new', fields: [{ name: 'code', kind: 'number' }] })),
    ).toMatchObject({ message: expect.stringContaining('row 1 holds "A91"') })
    expect((await datasets.list()).map(({ name }) => name)).toEqual(['set'])
    expect(await failure(datasets.update({ dataset: 'set', fields: [{ name: 'y', isInput: true }] }))).toMatchObject({
      code: 'invalid_input',
    })
    expect(await datasets.update({ dataset: 'set', name: 'new', positive: 'a' })).toMatchObject({
      name: 'new',
      positive: 'a',
    })
    expect(await failure(datasets.update({ dataset: 'new', positive: 'z' }))).toMatchObject({
      message: expect.stringContaining('Expected one of: a, b'),
    })
  })
})

it('pictures are grouped by folder', async () => {
  const services = await dataServices()
  await services.importFiles([
    await writeClasses(join(services.folder, 'pictures'), ['cat/home', 'cat/zoo', 'dog/home', 'dog/zoo'], 5),
  ])
  await services.datasets.split(
    SplitSpec.parse({ dataset: 'set', train: 0.5, validation: 0, test: 0.5, group: 'folder' }),
  )
  const { samples } = await services.datasets.samples({ dataset: 'set', filter: {}, offset: 0, limit: 100 })
  for (const folder of ['cat/home', 'cat/zoo', 'dog/home', 'dog/zoo'])
    expect(new Set(samples.filter(({ path }) => path!.startsWith(folder)).map(({ split }) => split)).size).toBe(1)
  expect(samples.filter(({ split }) => split === 'train')).toHaveLength(10)
  expect(await failure(services.datasets.split(SplitSpec.parse({ dataset: 'set', group: 'age' })))).toMatchObject({
    code: 'invalid_input',
  })
})
