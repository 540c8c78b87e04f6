import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  dataServices,
  failure,
  never,
  png,
  writeClasses,
  writeTree,
  type DataServices,
} from '../../helpers/data-services'

describe('originals', () => {
  let services: DataServices
  let root: string
  beforeEach(async () => {
    services = await dataServices()
    root = await writeClasses(join(services.folder, 'pictures'), ['cat', 'dog'], 5)
    await services.importFiles([root])
  })
  const check = () => services.datasets.checkOriginals({ dataset: 'set' }, never)
  const stateOf = async (path: string) => (await services.datasets.sample({ dataset: 'set', sample: path })).state
  const relink = (folder: string) => services.datasets.relink({ dataset: 'set', folder }, never)

  it('that are missing or changed are shown; a new date alone is no change', async () => {
    expect(await check()).toEqual({ ok: 10, missing: 0, changed: 0 })
    await rm(join(root, 'cat/1.png'))
    await writeFile(join(root, 'cat/2.png'), await png('#ffffff'))
    await utimes(join(root, 'cat/3.png'), 1, 1)
    expect(await check()).toEqual({ ok: 8, missing: 1, changed: 1 })
    expect([await stateOf('cat/1.png'), await stateOf('cat/2.png'), await stateOf('cat/3.png')]).toEqual([
      'missing',
      'changed',
      'ok',
    ])
    expect((await services.datasets.get({ dataset: 'set' })).missingOriginals).toBe(2)
    const found = await services.datasets.samples({ dataset: 'set', filter: { state: 'changed' }, offset: 0, limit: 9 })
    expect(found.total).toBe(1)
    expect(await check()).toEqual({ ok: 8, missing: 1, changed: 1 })
  })

  it('of a folder that was moved are found by content; the dataset then lives in the new place', async () => {
    const moved = join(services.folder, 'elsewhere/deep')
    await mkdir(join(services.folder, 'elsewhere'))
    await rename(root, moved)
    expect(await relink(join(services.folder, 'elsewhere'))).toEqual({ relinked: 10, stillMissing: 0 })
    expect(await services.datasets.get({ dataset: 'set' })).toMatchObject({ sourcePath: moved, missingOriginals: 0 })
    expect(await check()).toEqual({ ok: 10, missing: 0, changed: 0 })
    expect(await stateOf('cat/1.png')).toBe('ok')
  })

  it('that were renamed one by one are found too, and the others stay missing', async () => {
    await rename(join(root, 'cat/1.png'), join(root, 'renamed.png'))
    await rm(join(root, 'cat/2.png'))
    expect(await relink(root)).toEqual({ relinked: 1, stillMissing: 1 })
    expect(await stateOf('renamed.png')).toBe('ok')
  })

  it('of a table: its rows stay whole without the file, which can be found again', async () => {
    const path = join(services.folder, 'people.csv')
    await writeFile(path, 'x,y\n1,a\n2,b\n')
    await services.importFiles([path], { name: 'table' })
    const checkTable = () => services.datasets.checkOriginals({ dataset: 'table' }, never)
    expect(await checkTable()).toEqual({ ok: 1, missing: 0, changed: 0 })
    await mkdir(join(services.folder, 'new'))
    await rename(path, join(services.folder, 'new/persons.csv'))
    expect(await checkTable()).toEqual({ ok: 0, missing: 1, changed: 0 })
    expect(await services.datasets.relink({ dataset: 'table', folder: join(services.folder, 'new') }, never)).toEqual({
      relinked: 1,
      stillMissing: 0,
    })
    expect((await services.datasets.get({ dataset: 'table' })).sourcePath).toBe(
      join(services.folder, 'new/persons.csv'),
    )
    expect(await checkTable()).toEqual({ ok: 1, missing: 0, changed: 0 })
  })
})

describe('files of samples', () => {
  let services: DataServices
  let root: string
  beforeEach(async () => {
    services = await dataServices()
    root = join(services.folder, 'pictures')
    const large = sharp({ create: { width: 600, height: 400, channels: 3, background: '#246' } })
    await writeTree(root, {
      'large.jpg': await large.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      'scan.tif': await large.clone().tiff().toBuffer(),
      'small.png': await png('#f00', 16),
    })
    await services.importFiles([root])
  })
  const open = async (name: string, size: number | null) => {
    const { sampleId } = await services.datasets.sample({ dataset: 'set', sample: name })
    return services.files.open(sampleId, size)
  }

  it('are the originals where a browser shows them and they are small enough', async () => {
    expect(await open('small.png', 128)).toEqual({ path: join(root, 'small.png'), contentType: 'image/png' })
    expect(await open('large.jpg', null)).toEqual({ path: join(root, 'large.jpg'), contentType: 'image/jpeg' })
  })

  it('else are thumbnails, upright, made once and kept by content', async () => {
    const first = await open('large.jpg', 100)
    expect(first.contentType).toBe('image/webp')
    expect(first.path.startsWith(services.context.paths.cache)).toBe(true)
    expect(await sharp(first.path).metadata()).toMatchObject({ format: 'webp', width: 85, height: 128 })
    const { mtimeMs } = await stat(first.path)
    const [second, third] = await Promise.all([open('large.jpg', 128), open('large.jpg', 90)])
    expect([second.path, third.path]).toEqual([first.path, first.path])
    expect((await stat(first.path)).mtimeMs).toBe(mtimeMs)
    expect(await sharp((await open('scan.tif', null)).path).metadata()).toMatchObject({ format: 'webp', width: 600 })
  })

  it('that are gone are told with what to do', async () => {
    await rm(join(root, 'small.png'))
    await rm(join(root, 'scan.tif'))
    for (const name of ['small.png', 'scan.tif'])
      expect(await failure(open(name, 64))).toMatchObject({
        code: 'not_found',
        message: expect.stringContaining('re-link'),
      })
    expect(await failure(services.files.open(12345, 64))).toMatchObject({ code: 'not_found' })
  })

  it('of a table row do not exist', async () => {
    const path = join(services.folder, 't.csv')
    await writeFile(path, 'x,y\n1,a\n')
    await services.importFiles([path], { name: 'table' })
    const { sampleId } = await services.datasets.sample({ dataset: 'table', sample: '#1' })
    expect(await failure(services.files.open(sampleId, 64))).toMatchObject({ code: 'incompatible' })
  })
})

describe('deleting a dataset', () => {
  it('gives the disk space back and leaves originals and other datasets alone', async () => {
    const services = await dataServices()
    const { db, datasets, context } = services
    const root = await writeClasses(join(services.folder, 'pictures'), ['cat', 'dog'], 5)
    await writeFile(join(root, 'big.png'), await png('#112233', 300))
    await services.importFiles([root], { name: 'kept' })
    const table = join(services.folder, 'large.csv')
    await writeFile(
      table,
      ['x,y', ...Array.from({ length: 20_000 }, (_, i) => `${i},${'words '.repeat(20)}${i % 7}`)].join('\n'),
    )
    await services.importFiles([table], { name: 'gone' })
    const { sampleId } = await datasets.sample({ dataset: 'kept', sample: 'big.png' })
    const thumbnail = await services.files.open(sampleId, 64)
    const { id } = (await db.get<{ id: string }>("SELECT id FROM datasets WHERE name = 'gone'"))!
    await db.run(
      "INSERT INTO runs (id, dataset_id, name, family, params, seed, status, created_at) VALUES ('r1', ?, 'a', 'mlp', '{}', 1, 'running', 0)",
      id,
    )
    await writeTree(join(context.paths.runs, 'r1'), { 'weights.bin': Buffer.alloc(100_000) })
    expect(await failure(datasets.delete({ dataset: 'gone' }))).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Stop it first'),
    })
    await db.run("UPDATE runs SET status = 'finished'")

    const before = (await stat(context.paths.database)).size + (await stat(`${context.paths.database}-wal`)).size
    const { freedBytes } = await datasets.delete({ dataset: 'gone' })
    const after = (await stat(context.paths.database)).size + (await stat(`${context.paths.database}-wal`)).size
    expect(freedBytes).toBe(before - after + 100_000)
    expect(freedBytes).toBeGreaterThan(2_000_000)
    expect(services.events.filter(({ event }) => event.endsWith('.deleted'))).toEqual([
      { event: 'runs.deleted', payload: { runId: 'r1' } },
      { event: 'datasets.deleted', payload: { datasetId: id } },
    ])
    expect(await stat(join(context.paths.runs, 'r1')).catch(() => null)).toBeNull()
    expect((await readFile(table)).length).toBeGreaterThan(1e6)
    expect((await stat(thumbnail.path)).size).toBeGreaterThan(0)

    await datasets.delete({ dataset: 'kept' })
    expect(await stat(thumbnail.path).catch(() => null)).toBeNull()
    expect(await stat(join(root, 'big.png'))).toBeTruthy()
    for (const name of ['datasets', 'samples', 'classes', 'fields', 'runs', 'edits'])
      expect(await db.get(`SELECT count(*) AS n FROM ${name}`)).toEqual({ n: 0 })
  })
})
