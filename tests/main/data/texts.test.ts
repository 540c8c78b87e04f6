import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Inspection } from '@shared/schemas/dataset'
import { dataServices, never, parseOutput, type DataServices } from '../../helpers/data-services'

async function put(services: DataServices, files: Record<string, string | Buffer>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(services.folder, 'in', name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, text)
  }
  return join(services.folder, 'in')
}

const inspect = async ({ datasets }: DataServices, path: string, modality?: 'text') =>
  parseOutput('datasets.inspect', await datasets.inspect({ paths: [path], modality }, never)) as Inspection

const spec = (path: string, more = {}) => ({
  paths: [path],
  name: 'texts',
  sensitive: [],
  kinds: {},
  add: false,
  ...more,
})

const samplesOf = async ({ datasets }: DataServices, dataset: string) =>
  (await datasets.samples({ dataset, filter: {}, offset: 0, limit: 100 })).samples

const sentence = (i: number) => `Sentence number ${i} is long enough to be taken for a text, not for a category.`
const table = (count: number) =>
  ['body,mood,age', ...Array.from({ length: count }, (_, i) => `"${sentence(i)}",${i % 2 ? 'glad' : 'sad'},${i}`)].join(
    '\n',
  )

describe('importing texts', () => {
  it('reads .txt files: folders are classes and splits, any encoding, empty files are told', async () => {
    const services = await dataServices()
    const folder = await put(services, {
      'train/ham/1.txt': '\uFEFFHello\r\nthere',
      'train/spam/2.txt': Buffer.from('caf\xe9 offer', 'latin1'),
      'test/ham/3.txt': 'See you.',
      'test/ham/4.txt': '  ',
    })
    const found = await inspect(services, folder)
    expect(found).toMatchObject({ modality: 'text', sampleCount: 3, splits: ['train', 'test'], suggestedText: 'text' })
    expect(found.classes).toEqual([
      { name: 'ham', count: 2 },
      { name: 'spam', count: 1 },
    ])
    const dataset = await services.datasets.import(spec(folder), never)
    expect(dataset).toMatchObject({ modality: 'text', target: 'class', sampleCount: 3, splits: { train: 2, test: 1 } })
    expect(dataset.fields.filter(({ isInput }) => isInput).map(({ name }) => name)).toEqual(['text'])
    expect(dataset.skipped).toEqual([{ path: 'test/ham/4.txt', reason: 'The file is empty.' }])
    const samples = await samplesOf(services, dataset.datasetId)
    expect(samples.map(({ values, className, split }) => [values!['text'], className, split]).sort()).toEqual([
      ['Hello\nthere', 'ham', 'train'],
      ['See you.', 'ham', 'test'],
      ['café offer', 'spam', 'train'],
    ])
  })

  it('takes a table of little but texts for texts, and reads the column that is named', async () => {
    const services = await dataServices()
    const folder = await put(services, { 'posts.csv': table(20), 'rows.csv': 'a,b,kind\n1,2,x\n3,4,y' })
    const found = await inspect(services, join(folder, 'posts.csv'))
    expect(found).toMatchObject({ modality: 'text', suggestedText: 'body', suggestedTarget: 'mood' })
    expect(found.choices).toEqual(expect.arrayContaining(['table', 'text']))
    expect((await inspect(services, join(folder, 'rows.csv'))).modality).toBe('table')
    const wanted = { target: 'mood', text: 'body', sensitive: ['age'] }
    const dataset = await services.datasets.import(spec(join(folder, 'posts.csv'), wanted), never)
    const facts = dataset.fields.map(({ name, kind, isInput, isSensitive }) => [name, kind, isInput, isSensitive])
    expect(facts).toEqual([
      ['body', 'text', true, false],
      ['mood', 'category', false, false],
      ['age', 'number', false, true],
    ])
    const same = { target: 'body', text: 'body', name: 'other' }
    await expect(services.datasets.import(spec(join(folder, 'posts.csv'), same), never)).rejects.toThrow(/is read/)
    const unknown = { modality: 'text', text: 'nowhere', name: 'other' }
    await expect(services.datasets.import(spec(join(folder, 'posts.csv'), unknown), never)).rejects.toThrow(
      /no column "nowhere"/,
    )
  })

  it('gives texts without labels a column for them, which labelling fills and more texts extend', async () => {
    const services = await dataServices()
    const folder = await put(services, {
      'lines.txt': 'first line\n\nsecond line\nthird line\n',
      'posts.jsonl': [0, 1, 2].map((i) => JSON.stringify({ id: i, body: sentence(i) })).join('\n'),
      'more.jsonl': JSON.stringify({ id: 9, body: sentence(9) }),
    })
    const lines = await services.datasets.import(spec(join(folder, 'lines.txt'), { modality: 'text' }), never)
    expect(lines).toMatchObject({ sampleCount: 3, labelledCount: 0, target: 'class' })
    const path = join(folder, 'posts.jsonl')
    const { datasetId: dataset, ...posts } = await services.datasets.import(spec(path, { name: 'posts' }), never)
    expect(posts).toMatchObject({ modality: 'text', target: 'label', labelledCount: 0, classes: [] })
    const [first] = await samplesOf(services, dataset)
    const selection = { ids: [first!.sampleId] }
    await services.annotations.label({ dataset, selection, class: 'good' })
    expect((await samplesOf(services, dataset))[0]).toMatchObject({ className: 'good', values: { label: 'good' } })
    await services.annotations.undo({ dataset })
    expect((await samplesOf(services, dataset))[0]).toMatchObject({ className: null, values: { label: null } })
    const more = await services.datasets.addFiles({ dataset, paths: [join(folder, 'more.jsonl')] }, never)
    expect(more).toMatchObject({ sampleCount: 4 })
  })
})
