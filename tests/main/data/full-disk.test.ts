import { execFileSync } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { toErrorReply } from '@shared/errors'
import { migrate } from '@main/db/migrate'
import { migrations } from '@main/db/schema'
import { openSqlite } from '@main/db/sqlite'
import { dataServices, failure, never, png, writeClasses, writeTree } from '../../helpers/data-services'
import { tempFolder } from '../../helpers/temp-db'

/** Mounts a small file system for one test; null where that is not allowed. */
async function smallDisk(megabytes: number): Promise<string | null> {
  const folder = join(await tempFolder(), 'disk')
  await mkdir(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch {
    return null
  }
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
  return folder
}

const skipNote = 'Mounting is not allowed here, so the full disk and the read-only mount are not tried.'

describe('a full disk', () => {
  it(
    'fails an import and an edit with disk_full, half-writes nothing, and works on once there is room',
    { timeout: 120_000 },
    async (test) => {
      const disk = await smallDisk(3)
      if (!disk) return test.skip(skipNote)
      const db = await openSqlite(join(disk, 'workspace.sqlite'))
      onTestFinished(() => db.close())
      await migrate(db, migrations)
      const services = await dataServices({ db })
      const pictures = await writeClasses(join(services.folder, 'pictures'), ['cat', 'dog'], 5)
      await services.importFiles([pictures], { name: 'small' })
      await services.annotations.label({ dataset: 'small', selection: { refs: ['#1'] }, class: 'dog' })

      const table = join(services.folder, 'large.csv')
      await writeFile(
        table,
        ['x,y', ...Array.from({ length: 30_000 }, (_, i) => `${i},${'word '.repeat(20)}${i % 7}`)].join('\n'),
      )
      expect(toErrorReply(await failure(services.importFiles([table], { name: 'large' })))).toMatchObject({
        code: 'disk_full',
        message: expect.stringContaining('nothing was lost'),
      })
      expect((await services.datasets.list()).map(({ name, sampleCount }) => [name, sampleCount])).toEqual([
        ['small', 10],
      ])

      const filler = join(disk, 'filler')
      await writeFile(filler, Buffer.alloc(4 << 20)).catch(() => {})
      const label = (name: string) =>
        services.annotations.label({ dataset: 'small', selection: { filter: {} }, class: name })
      const labels = async () => {
        const { samples } = await services.datasets.samples({ dataset: 'small', filter: {}, offset: 0, limit: 10 })
        return samples.map(({ className }) => className)
      }
      let acknowledged = await labels()
      let outcome: unknown = null
      for (let i = 0; i < 200 && !outcome; i++) {
        await label(`class ${i % 2}`).catch((error) => (outcome = error))
        if (!outcome) acknowledged = await labels()
      }
      expect(toErrorReply(outcome)).toMatchObject({ code: 'disk_full' })
      expect(await labels()).toEqual(acknowledged)
      expect(await db.get('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' })
      execFileSync('rm', [filler])
      expect(await label('after')).toEqual({ changed: 10 })
      expect((await services.annotations.log({ dataset: 'small', limit: 1 })).undo).toBe('Label 10 samples "after"')
    },
  )

  it('fails a thumbnail with disk_full and leaves no part of it', async (test) => {
    const disk = await smallDisk(1)
    if (!disk) return test.skip(skipNote)
    const services = await dataServices()
    services.context.paths.cache = disk
    await writeFile(join(disk, 'filler'), Buffer.alloc(2 << 20)).catch(() => {})
    const root = await writeTree(join(services.folder, 'pictures'), { 'a.png': await png('#abc', 900) })
    await services.importFiles([root])
    const { sampleId } = await services.datasets.sample({ dataset: 'set', sample: '#1' })
    expect(toErrorReply(await failure(services.files.open(sampleId, 512))).code).toBe('disk_full')
    const left = execFileSync('find', [disk, '-type', 'f'], { encoding: 'utf8' }).trim().split('\n')
    expect(left).toEqual([join(disk, 'filler')])
  })
})

describe('a read-only mount', () => {
  it('can be imported from, and cannot be written to', async (test) => {
    const disk = await smallDisk(4)
    if (!disk) return test.skip(skipNote)
    await writeClasses(join(disk, 'pictures'), ['cat', 'dog'], 5)
    await mkdir(join(disk, 'workspace/samples'), { recursive: true })
    execFileSync('mount', ['-o', 'remount,ro', disk])
    const services = await dataServices()
    expect((await services.importFiles([join(disk, 'pictures')])).sampleCount).toBe(10)
    expect(toErrorReply(await failure(writeFile(join(disk, 'x'), 'x')))).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('Not allowed to write there'),
    })
    services.context.paths.files = join(disk, 'workspace')
    const error = await failure(services.datasets.importSample({ id: 'german-credit' }, never))
    expect(toErrorReply(error)).toMatchObject({ code: 'invalid_input' })
    expect(await services.datasets.list()).toHaveLength(1)
    expect(await readdir(join(disk, 'workspace/samples'))).toEqual([])
  })
})
