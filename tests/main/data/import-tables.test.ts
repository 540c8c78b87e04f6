import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Dataset, FieldValue, Inspection } from '@shared/schemas/dataset'
import { dataServices, failure, never, parseOutput, type DataServices } from '../../helpers/data-services'

const lines = (...rows: string[]) => rows.join('\n') + '\n'
const repeat = (n: number, row: (i: number) => string) => Array.from({ length: n }, (_, i) => row(i))

describe('importing tables', () => {
  let services: DataServices
  let path: string
  beforeEach(async () => {
    services = await dataServices()
    path = join(services.folder, 'people.csv')
  })
  const inspect = async (content: string | Buffer, name = 'people.csv'): Promise<Inspection> => {
    path = join(services.folder, name)
    await writeFile(path, content)
    return parseOutput('datasets.inspect', await services.datasets.inspect({ paths: [path] }, never)) as Inspection
  }
  const load = async (content: string | Buffer, spec: object = {}): Promise<Dataset> => {
    await writeFile(path, content)
    return parseOutput('datasets.import', await services.importFiles([path], spec)) as Dataset
  }
  const valuesOf = async (field: string): Promise<FieldValue[]> => {
    const { samples } = await services.datasets.samples({ dataset: 'set', filter: {}, offset: 0, limit: 5000 })
    return samples.map(({ values }) => values![field]!)
  }
  const kinds = ({ fields }: Inspection) => Object.fromEntries(fields.map(({ name, kind }) => [name, kind]))

  it('infers the kinds of columns and counts missing values', async () => {
    const rows = repeat(60, (i) =>
      [
        `c${i}`,
        20 + (i % 9),
        i % 2 ? 'yes' : 'no',
        i % 3 ? 'TRUE' : 'false',
        `2026-01-${String((i % 28) + 1).padStart(2, '0')}`,
        `a rather long remark about person number ${i} and what they said`,
        `0${i % 7}`,
        i % 6 === 0 ? '?' : i / 4,
      ].join(','),
    )
    const inspection = await inspect(lines('customer_id,age,member,active,since,remark,code,score', ...rows))
    expect(kinds(inspection)).toEqual({
      customer_id: 'id',
      age: 'number',
      member: 'category',
      active: 'boolean',
      since: 'date',
      remark: 'text',
      code: 'category',
      score: 'number',
    })
    expect(inspection.fields.find(({ name }) => name === 'score')).toMatchObject({ missing: 10 })
    expect(inspection.head[0]).toMatchObject({ age: 20, active: false, since: '2026-01-01', code: '00', score: null })
    expect(inspection).toMatchObject({ sampleCount: 60, suggestedName: 'people', notes: [], skipped: [] })
  })

  it('takes every usual word for a missing value', async () => {
    await load(lines('x,y', 'NA,a', 'n/a,a', 'NaN,b', 'NULL,b', '?,a', '-,b', ',a', '1.5,b'), { target: 'y' })
    expect(await valuesOf('x')).toEqual([null, null, null, null, null, null, null, 1.5])
    expect((await services.datasets.get({ dataset: 'set' })).fields[0]).toMatchObject({
      kind: 'number',
      missing: 7,
      range: { min: 1.5, max: 1.5, mean: 1.5 },
    })
  })

  it.each([
    ['semicolons', ';', 'Cells are parted by semicolons.'],
    ['tabs', '\t', 'Cells are parted by tabs.'],
  ])('finds %s as the delimiter, and decimal commas', async (_name, delimiter, note) => {
    const inspection = await inspect(lines(`a${delimiter}b`, ...repeat(9, (i) => `1,${i}${delimiter}x, y`)))
    expect(inspection.notes).toEqual([note, 'Column "a" has decimal commas.'])
    expect(inspection.head[3]).toEqual({ a: 1.3, b: 'x, y' })
  })

  it('reads a byte order mark, Latin-1 and UTF-16 as what they are', async () => {
    expect((await inspect('\uFEFFname,y\nZoë,a\n')).fields[0]!.name).toBe('name')
    const latin = await inspect(Buffer.from('stra\xdfe,y\nK\xf6ln \x80 5,a\n', 'latin1'))
    expect(latin.head).toEqual([{ straße: 'Köln € 5', y: 'a' }])
    expect(latin.notes[0]).toContain('Windows-1252 (Latin-1)')
    expect((await inspect(Buffer.from('\uFEFFname,y\nZoë,a\n', 'utf16le'))).head).toEqual([{ name: 'Zoë', y: 'a' }])
  })

  it('lists ragged rows with their line, and refuses a file where most are ragged', async () => {
    const dataset = await load(lines('a,b,c', '1,2,x', '1,2', '3,4,y', '1,2,3,4', '5,6,x,', '7,8,y'), { target: 'c' })
    expect(dataset.sampleCount).toBe(4)
    expect(dataset.skipped).toEqual([
      { path: 'people.csv, line 3', reason: 'Expected 3 cells, got 2.' },
      { path: 'people.csv, line 5', reason: 'Expected 3 cells, got 4.' },
    ])
    expect(await failure(inspect(lines('a,b,c', '1,2', '1,2', '1,2,3')))).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('2 of 3; people.csv, line 2: Expected 3 cells, got 2.'),
    })
  })

  it('takes 200 columns, quoted newlines, and names that are doubled, empty or odd', async () => {
    const names = repeat(197, (i) => `f${i}`)
    const odd = ['f0', '', '"a ""quoted"" $.name\nhere"']
    const row = (i: number) => [...names.map((_, c) => i * c), 7, 'text', '"two\nlines, ""one"" cell"'].join(',')
    const dataset = await load(lines([...names, ...odd].join(','), ...repeat(50, row)))
    expect(dataset.fields).toHaveLength(200)
    expect(dataset.fields.slice(197).map(({ name }) => name)).toEqual([
      'f0 (2)',
      'column 199',
      'a "quoted" $.name here',
    ])
    expect(dataset.notes).toEqual(
      expect.arrayContaining([
        '"f0" names more than one column; column 198 is called "f0 (2)".',
        'Column 199 has no name; it is called "column 199".',
      ]),
    )
    expect((await valuesOf('a "quoted" $.name here'))[49]).toBe('two\nlines, "one" cell')
    expect((await valuesOf('f196'))[49]).toBe(49 * 196)
    const sorted = await services.datasets.samples({
      dataset: 'set',
      filter: { sort: { field: 'f196', descending: true } },
      offset: 0,
      limit: 1,
    })
    expect(sorted.samples[0]!.row).toBe(50)
  })

  it('says clearly what is wrong with a file that is no table', async () => {
    expect(await failure(inspect(''))).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('is empty'),
    })
    expect(await failure(inspect('a,b,c\n'))).toMatchObject({
      message: expect.stringContaining('only a line of column names'),
    })
    expect(await failure(inspect(Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 9])))).toMatchObject({
      message: expect.stringContaining('not a text file'),
    })
    expect(await failure(inspect('a,b\n1,"2\n3,4\n'))).toMatchObject({ code: 'invalid_input' })
    expect(await failure(inspect('x', 'model.h5'))).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('Cannot tell what'),
    })
    expect(await services.datasets.list()).toEqual([])
  })

  it('makes classes of the target in a stable order and never an input of it', async () => {
    const content = lines(
      'id,x,grade,note',
      ...repeat(40, (i) => `k${i},${i},${[10, 9, 2, 1][i % 4]},${'long words '.repeat(5)}${i}`),
    )
    const dataset = await load(content, { target: 'grade', positive: '10', sensitive: ['x'] })
    expect(dataset.classes.map(({ name }) => name)).toEqual(['1', '2', '9', '10'])
    expect(dataset).toMatchObject({
      target: 'grade',
      positive: '10',
      splits: { train: 28, validation: 4, test: 8, none: 0 },
    })
    expect(dataset.fields.map(({ name, isInput, isSensitive }) => [name, isInput, isSensitive])).toEqual([
      ['id', false, false],
      ['x', true, true],
      ['grade', false, false],
      ['note', false, false],
    ])
    expect(
      await failure(services.importFiles([path], { name: 'b', target: 'x', task: 'classification' })),
    ).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('Derive a category'),
    })
    expect(await failure(services.importFiles([path], { name: 'b', target: 'nope' }))).toMatchObject({
      message: expect.stringContaining('id, x, grade, note'),
    })
    expect(await failure(services.importFiles([path], { name: 'b', target: 'grade', positive: '3' }))).toMatchObject({
      message: expect.stringContaining('1, 2, 9, 10'),
    })
    expect(await services.datasets.list()).toHaveLength(1)
  })

  it('imports a single class with a warning', async () => {
    const { notes, classes } = await load(lines('x,y', '1,a', '2,a'), { target: 'y' })
    expect(classes).toHaveLength(1)
    expect(notes.join()).toContain('training needs at least two')
  })

  it('follows the kinds that the user corrected, and counts what does not fit as missing', async () => {
    await load(lines('code,size,y', '1,3,a', '2,big,b', '3,4,a'), {
      target: 'y',
      kinds: { code: 'category', size: 'number' },
    })
    expect(await valuesOf('code')).toEqual(['1', '2', '3'])
    expect(await valuesOf('size')).toEqual([3, null, 4])
    const { notes } = await services.datasets.get({ dataset: 'set' })
    expect(notes).toContain('Cells of "size" that are no number count as missing: 1.')
  })

  it('adds rows of the same columns, with derived values, and says which columns differ', async () => {
    await load(lines('age,sex,y', ...repeat(10, (i) => `${20 + i},f,${i % 2 ? 'a' : 'b'}`)), { target: 'y' })
    await services.datasets.derive({
      dataset: 'set',
      column: 'young',
      derivation: { kind: 'bins', from: 'age', cuts: [25], labels: ['yes', 'no'] },
    })
    const more = join(services.folder, 'more.csv')
    await writeFile(more, lines('y,sex,age', 'c,m,60', 'a,f,?'))
    const dataset = await services.datasets.addFiles({ dataset: 'set', paths: [more] }, never)
    expect(dataset).toMatchObject({ sampleCount: 12, splits: { none: 0 } })
    expect(dataset.classes.map(({ name, count }) => [name, count])).toEqual([
      ['a', 6],
      ['b', 5],
      ['c', 1],
    ])
    expect(await valuesOf('young')).toEqual([...repeat(5, () => 'yes'), ...repeat(5, () => 'no'), 'no', null])
    expect(dataset.fields.map(({ name, missing }) => [name, missing])).toEqual([
      ['age', 1],
      ['sex', 0],
      ['y', 0],
      ['young', 1],
    ])
    await writeFile(more, lines('y,gender,age', 'c,m,60'))
    expect(await failure(services.datasets.addFiles({ dataset: 'set', paths: [more] }, never))).toMatchObject({
      code: 'incompatible',
      message: expect.stringContaining('it lacks sex; it has gender'),
    })
  })

  it('reads dates day first, month first or ISO, as the column tells', async () => {
    const inspection = await inspect(
      lines(
        'eu,us,iso,y',
        '31.12.2025,12/31/2025,2025-12-31T08:30,a',
        '01.02.2026,01/02/2026,2026-02-01 09:15:30,b',
        '02.02.2026,02/28/2026,2026-02-02,b',
      ),
    )
    expect(kinds(inspection)).toMatchObject({ eu: 'date', us: 'date', iso: 'date' })
    expect(inspection.head[1]).toEqual({ eu: '2026-02-01', us: '2026-01-02', iso: '2026-02-01T09:15:30', y: 'b' })
    expect(inspection.notes).toContain('Dates in "us" were read month first.')
  })
})
