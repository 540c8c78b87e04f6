import { execFile } from 'node:child_process'
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { extractTar, TarWriter } from '@main/services/tar'
import { openSqlite } from '@main/db/sqlite'
import { tempFolder } from '../../helpers/temp-db'
import { openTestWorkbench } from '../../helpers/test-workbench'

const run = promisify(execFile)
const { signal } = new AbortController()

async function put(path: string, text: string) {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

/** A workspace with a setting, a run's file, an unpacked sample and a dataset that lies in it. */
async function furnished() {
  const opened = await openTestWorkbench()
  const { paths } = opened.workbench
  await opened.client.workspace.updateSettings({ theme: 'dark' })
  await put(join(paths.runs, 'r1', 'model.json'), '{"weights": 1}')
  const longName = `${'deep/'.repeat(30)}picture.png`
  await put(join(paths.files, longName), 'pixels')
  const db = await openSqlite(paths.database)
  await db.run(
    "INSERT INTO datasets (id, name, modality, source_path, created_at) VALUES ('d1', 'inner', 'image', ?, 1)",
    join(paths.files, 'inner'),
  )
  await db.close()
  return { ...opened, paths, longName }
}

describe('a backup', () => {
  it('brings everything back into another workspace, inner paths included', async () => {
    const source = await furnished()
    const folder = await tempFolder()
    const { files } = await source.client.workspace.backup({ path: join(folder, 'mine') })
    expect(files).toEqual([join(folder, 'mine.tar')])

    const target = await openTestWorkbench()
    const heard: string[] = []
    target.workbench.on('workspace.changed', ({ path }) => heard.push(path))
    await target.client.workspace.updateSettings({ theme: 'light' })
    await put(join(target.workbench.paths.runs, 'r2', 'model.json'), 'old')
    await target.client.workspace.restore({ path: files[0]! })

    expect((await target.client.workspace.settings({})).theme).toBe('dark')
    const { paths } = target.workbench
    expect(await readFile(join(paths.runs, 'r1', 'model.json'), 'utf8')).toBe('{"weights": 1}')
    expect(await readFile(join(paths.files, source.longName), 'utf8')).toBe('pixels')
    await expect(readFile(join(paths.runs, 'r2', 'model.json'))).rejects.toThrow(/ENOENT/)
    const db = await openSqlite(paths.database, { readOnly: true })
    expect(await db.get('SELECT source_path FROM datasets')).toEqual({ source_path: join(paths.files, 'inner') })
    await db.close()
    expect(heard).toContain(paths.root)
    await target.client.workspace.updateSettings({ threads: 2 }) // and it can be written to
  })

  it('is a tar that any tool reads', async () => {
    const { client } = await furnished()
    const { files } = await client.workspace.backup({ path: join(await tempFolder(), 'b.tar') })
    const { stdout } = await run('tar', ['-tf', files[0]!])
    const names = stdout.trim().split('\n')
    expect(names).toContain('pellucid-backup.json')
    expect(names).toContain('workspace.sqlite')
    expect(names).toContain('runs/r1/model.json')
  })

  it('is refused inside the workspace itself', async () => {
    const { client, paths } = await furnished()
    await expect(client.workspace.backup({ path: join(paths.root, 'b.tar') })).rejects.toThrow(
      /outside of the workspace/,
    )
  })

  it.each([
    ['cut off', async (file: string) => truncate(file, 3000), /cut off/],
    ['of text', async (file: string) => writeFile(file, 'not a tar '.repeat(200)), /damaged or no backup/],
    ['of another program', async (file: string) => otherTar(file), /no backup of a Pellucid workspace/],
    ['with a damaged database', async (file: string) => damagedBackup(file), /malformed|not a database|damaged/],
    ['of a newer program', async (file: string) => newerBackup(file), /newer Pellucid \(schema 990/],
    ['that leads out of its folder', async (file: string) => escapingTar(file), /outside of its folder/],
  ])('%s changes nothing', async (_what, spoil, message) => {
    const { client, paths } = await furnished()
    const file = join(await tempFolder(), 'b.tar')
    await client.workspace.backup({ path: file })
    await spoil(file)
    await expect(client.workspace.restore({ path: file })).rejects.toThrow(message)
    expect((await client.workspace.settings({})).theme).toBe('dark')
    expect(await readFile(join(paths.runs, 'r1', 'model.json'), 'utf8')).toBe('{"weights": 1}')
    await client.workspace.updateSettings({ threads: 1 })
  })

  it('whose exchange was cut off is undone at the next start', async () => {
    const { workbench, paths } = await furnished()
    await workbench.close()
    // As a crash between moving the old files aside and moving the new ones in leaves it.
    const aside = join(paths.root, 'restore-aside')
    await mkdir(aside)
    await run('mv', [paths.database, paths.runs, aside])
    await put(join(paths.runs, 'new', 'model.json'), 'half a restore')
    const again = await openTestWorkbench({ workspace: paths.root })
    expect((await again.client.workspace.settings({})).theme).toBe('dark')
    expect(await readFile(join(paths.runs, 'r1', 'model.json'), 'utf8')).toBe('{"weights": 1}')
    expect(
      await readFile(
        join(paths.files, 'deep', ...'deep/'.repeat(29).split('/').filter(Boolean), 'picture.png'),
        'utf8',
      ),
    ).toBe('pixels')
    await expect(readFile(join(paths.runs, 'new', 'model.json'))).rejects.toThrow(/ENOENT/)
  })
})

async function tarOf(file: string, entries: Record<string, string>) {
  const tar = await TarWriter.create(file)
  for (const [name, text] of Object.entries(entries)) await tar.addText(name, text)
  await tar.close()
}

const manifest = (schemaVersion: number) =>
  JSON.stringify({ format: 1, program: 'pellucid', schemaVersion, root: '/elsewhere', at: 1 })

const otherTar = (file: string) => tarOf(file, { 'readme.txt': 'hello' })
const newerBackup = (file: string) => tarOf(file, { 'pellucid-backup.json': manifest(990) })
const escapingTar = (file: string) => tarOf(file, { '../../escaped.txt': 'gotcha' })
const damagedBackup = (file: string) =>
  tarOf(file, { 'pellucid-backup.json': manifest(10), 'workspace.sqlite': `SQLite format 3\0${'x'.repeat(5000)}` })

describe('tar', () => {
  it('reads what the system tar writes, and writes long names and empty files', async () => {
    const folder = await tempFolder()
    const name = `${'long-folder-name/'.repeat(12)}ümlaut.txt`
    const tar = await TarWriter.create(join(folder, 'ours.tar'))
    await tar.addText(name, 'text')
    await tar.addText('empty', '')
    await tar.close()
    await mkdir(join(folder, 'out'))
    await run('tar', ['-xf', join(folder, 'ours.tar'), '-C', join(folder, 'out')])
    expect(await readFile(join(folder, 'out', name), 'utf8')).toBe('text')
    await run('tar', ['--format=pax', '-cf', join(folder, 'theirs.tar'), '-C', join(folder, 'out'), '.'])
    expect(await extractTar(join(folder, 'theirs.tar'), join(folder, 'back'), signal)).toBe(2)
    expect(await readFile(join(folder, 'back', name), 'utf8')).toBe('text')
  })
})
