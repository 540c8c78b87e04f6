import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { tableExtensions } from '@shared/file-kinds'
import type { FieldValue, Inspection } from '@shared/schemas/dataset'
import { tableFormats } from '@main/ml/decode/tables'
import { dataServices, failure, never, parseOutput, type DataServices } from '../../helpers/data-services'

const files = join(import.meta.dirname, 'files')
const lines = (...rows: string[]) => rows.join('\n') + '\n'

describe('tables in other formats', () => {
  let services: DataServices
  beforeEach(async () => {
    services = await dataServices()
  })
  const inspectAt = async (path: string) =>
    parseOutput('datasets.inspect', await services.datasets.inspect({ paths: [path] }, never)) as Inspection
  const inspect = async (name: string, content: string | Buffer): Promise<Inspection> => {
    const path = join(services.folder, name)
    await writeFile(path, content)
    return inspectAt(path)
  }
  const kinds = ({ fields }: Inspection) => Object.fromEntries(fields.map(({ name, kind }) => [name, kind]))
  const valuesOf = async (dataset: string): Promise<Record<string, FieldValue>[]> => {
    const { samples } = await services.datasets.samples({ dataset, filter: {}, offset: 0, limit: 5000 })
    return samples.map(({ values }) => values!)
  }

  it('has a reader for every extension that an import takes, and no two for one', () => {
    expect(tableFormats.flatMap(({ extensions }) => extensions).sort()).toEqual([...tableExtensions].sort())
  })

  it('reads the same flowers from Parquet of every compression and from Excel', async () => {
    const imported: Record<string, FieldValue>[][] = []
    for (const name of ['snappy', 'zstd', 'gzip', 'brotli', 'lz4', 'none'].map((codec) => `iris-${codec}.parquet`)) {
      const dataset = await services.importFiles([join(files, name)], { name, target: 'species' })
      expect(dataset).toMatchObject({ sampleCount: 150, labelledCount: 150, skipped: [] })
      imported.push(await valuesOf(name))
    }
    await services.importFiles([join(files, 'iris.xlsx')], { name: 'excel', target: 'species' })
    imported.push(await valuesOf('excel'))
    for (const values of imported) expect(values).toEqual(imported[0])
    expect(imported[0]![4]).toEqual({
      'sepal length': 5,
      'sepal width': 3.6,
      'petal length': 1.4,
      'petal width': null,
      species: 'setosa',
      measured: '2026-01-05',
      'is wide': true,
    })
    const { classes, fields, splits } = await services.datasets.get({ dataset: 'iris-zstd.parquet' })
    expect(classes.map(({ name, count }) => [name, count])).toEqual([
      ['setosa', 50],
      ['versicolor', 50],
      ['virginica', 50],
    ])
    expect(fields.map(({ kind }) => kind)).toEqual([
      'number',
      'number',
      'number',
      'number',
      'category',
      'date',
      'boolean',
    ])
    expect(splits).toEqual({ train: 105, validation: 15, test: 30, none: 0 })
  })

  it('reads Excel texts, dates, times and formulas as people see them, from the first sheet', async () => {
    const inspection = await inspectAt(join(files, 'staff.xlsx'))
    expect(inspection.notes).toEqual(['Sheet "Staff" was read; "Notes" were not.'])
    expect(inspection.head).toEqual([
      {
        id: 1,
        name: 'Zoë & Søn',
        born: '1980-02-29',
        'last seen': '2026-11-23T08:30:00',
        salary: 51234.5,
        'is manager': true,
        grade: 'A',
        note: 'very bold words',
      },
      {
        id: 2,
        name: '李雷',
        born: '1960-01-01',
        'last seen': '2026-01-01T00:00:01',
        salary: 40000,
        'is manager': false,
        grade: 'B',
        note: null,
      },
      {
        id: 3,
        name: "O'Neil <x>",
        born: '2000-12-31',
        'last seen': null,
        salary: null,
        'is manager': false,
        grade: 'A',
        note: null,
      },
    ])
  })

  it('reads ARFF with the kinds that it declares: real, nominal, quoted, missing, sparse', async () => {
    const iris = await inspectAt(join(files, 'iris.arff'))
    expect(iris).toMatchObject({ sampleCount: 150, suggestedTarget: 'class', skipped: [] })
    expect(kinds(iris)).toEqual({
      sepallength: 'number',
      sepalwidth: 'number',
      petallength: 'number',
      petalwidth: 'number',
      class: 'category',
    })
    const small = await inspect(
      'small.arff',
      lines(
        '% a comment',
        '@RELATION small',
        "@attribute 'the size' NUMERIC",
        '@attribute code {1,2, "a, b"}',
        '@attribute says string',
        '@data',
        "1.5, 2, 'it\\'s here'",
        '?,"a, b",?',
        '{0 7, 2 "x y"}',
        '{}',
        "3,1,'never closed",
      ),
    )
    expect(kinds(small)).toMatchObject({ 'the size': 'number', code: 'category' })
    expect(small.head).toEqual([
      { 'the size': 1.5, code: '2', says: "it's here" },
      { 'the size': null, code: 'a, b', says: null },
      { 'the size': 7, code: '1', says: 'x y' },
      { 'the size': 0, code: '1', says: null },
    ])
    expect(small.skipped).toEqual([{ path: 'small.arff, line 11', reason: expect.stringContaining('is not closed') }])
  })

  it('reads JSON Lines with keys that come and go, and lists lines that are none', async () => {
    const inspection = await inspect(
      'people.jsonl',
      lines(
        '{"id": "a1", "age": 42, "risk": "good", "tags": ["x", 1]}',
        '',
        '{"age": 17.5, "id": "a2", "risk": "bad", "member": true}',
        '{"id": "a3", "risk": null, "__proto__": "odd"}',
        '[1, 2]',
        '{"id": "a4", ',
        '{"id": 12345678901234567890, "risk": "bad"}',
      ),
    )
    expect(kinds(inspection)).toMatchObject({ id: 'id', age: 'number', risk: 'category', member: 'boolean' })
    expect(inspection.head).toEqual([
      { id: 'a1', age: 42, risk: 'good', tags: '["x",1]', member: null, proto: null },
      { id: 'a2', age: 17.5, risk: 'bad', tags: null, member: true, proto: null },
      { id: 'a3', age: null, risk: null, tags: null, member: null, proto: 'odd' },
    ])
    expect(inspection.skipped).toEqual([
      { path: 'people.jsonl, line 5', reason: 'Expected an object, got an array.' },
      { path: 'people.jsonl, line 6', reason: 'Not valid JSON.' },
      { path: 'people.jsonl, line 7', reason: expect.stringContaining('write it in quotation marks') },
    ])
  })

  it('reads JSON Lines and ARFF in Windows-1252 and UTF-16 too', async () => {
    const latin = await inspect('a.jsonl', Buffer.from('{"stra\xdfe":"K\xf6ln \x80 5"}\n', 'latin1'))
    expect(latin.head).toEqual([{ straße: 'Köln € 5' }])
    const wide = await inspect('a.arff', Buffer.from('\uFEFF@attribute naïve {é,x}\n@data\né\n', 'utf16le'))
    expect(wide.head).toEqual([{ naïve: 'é' }])
  })

  it('adds rows from a file of another format to a table', async () => {
    await services.importFiles([join(files, 'iris.xlsx')], { target: 'species' })
    const more = join(services.folder, 'more.jsonl')
    const row = { 'sepal length': 5, 'sepal width': 3, 'petal length': 1, 'petal width': 0.2, 'is wide': false }
    await writeFile(more, lines(JSON.stringify({ ...row, species: 'setosa', measured: '2026-07-01' })))
    expect(await services.datasets.addFiles({ dataset: 'set', paths: [more] }, never)).toMatchObject({
      sampleCount: 151,
      labelledCount: 151,
    })
  })

  it('says what is wrong with a file that is not what its name says, or cut off', async () => {
    const cases: [string, string | Buffer, string][] = [
      ['a.parquet', 'x,y\n1,2\n', 'could not be read as Parquet'],
      ['a.xlsx', 'x,y\n1,2\n', 'is no ZIP file, or it is damaged'],
      ['a.xlsx', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'old kind (.xls) or protected by a password'],
      ['a.jsonl', 'x,y\n1,2\n', 'Expected one object a line'],
      ['a.arff', 'x,y\n1,2\n', 'it has no @data line'],
      ['a.arff', '@attribute broken\n@data\n1\n', 'line 1: expected "@attribute NAME TYPE"'],
      ['a.arff', '@attribute a real\n@data\n', 'a table needs rows'],
    ]
    for (const name of ['iris-zstd.parquet', 'iris.xlsx']) {
      const whole = await readFile(join(files, name))
      cases.push([name, whole.subarray(0, whole.length / 2), 'damaged'], [name, '', 'is empty'])
    }
    for (const [name, content, message] of cases)
      expect(await failure(inspect(name, content))).toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining(message),
      })
    await copyFile(join(files, 'iris.xlsx'), join(services.folder, 'other.zip.xlsx'))
    expect((await inspectAt(join(services.folder, 'other.zip.xlsx'))).sampleCount).toBe(150)
    expect(await services.datasets.list()).toEqual([])
  })
})
