import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSqlite } from '@main/db/sqlite'
import { workspaceFolder } from '@main/workspace-folder'
import { tempFolder } from '../../helpers/temp-db'
import { openTestWorkbench } from '../../helpers/test-workbench'

const hashOf = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

describe('where the workspace lies', () => {
  it('is what was asked for, else the environment, else the platform', () => {
    expect(workspaceFolder('a/b', {}, 'linux')).toBe(resolve('a/b'))
    expect(workspaceFolder(undefined, { PELLUCID_WORKSPACE: '/w' }, 'linux')).toBe('/w')
    expect(workspaceFolder('/a', { PELLUCID_WORKSPACE: '/w' }, 'linux')).toBe('/a')
    expect(workspaceFolder(undefined, { XDG_DATA_HOME: '/x' }, 'linux')).toBe('/x/pellucid')
    expect(workspaceFolder(undefined, {}, 'linux')).toMatch(/\.local\/share\/pellucid$/)
    expect(workspaceFolder(undefined, {}, 'darwin')).toMatch(/Library\/Application Support\/Pellucid$/)
    expect(workspaceFolder(undefined, { APPDATA: '/roaming' }, 'win32')).toBe('/roaming/Pellucid')
  })
})

describe('opening a workspace', () => {
  it('makes it on first use and says that it is new', async () => {
    const { client } = await openTestWorkbench()
    const info = await client.workspace.get({})
    expect(info).toMatchObject({ isFirstStart: true, isReadOnly: false, bytesSent: 0, shell: 'cli' })
    expect(info.holder).toMatchObject({ kind: 'test', pid: process.pid })
    expect(info.engine.backend).toBe('starting')
  })

  it('lets a second program read, and tells it who holds the workspace when it wants to write', async () => {
    const workspace = await tempFolder()
    await openTestWorkbench({ workspace, kind: 'window' })
    const { client, workbench } = await openTestWorkbench({ workspace, kind: 'cli' })
    expect(await client.workspace.settings({})).toMatchObject({ parallelRuns: 1 })
    expect(await client.runs.list({})).toEqual([])
    expect((await client.workspace.get({})).holder).toMatchObject({ kind: 'window' })
    const reply = await workbench.call('workspace.updateSettings', { threads: 2 })
    expect(reply).toMatchObject({ ok: false, error: { code: 'conflict' } })
    expect(JSON.stringify(reply)).toContain(`held by a Pellucid window (process ${process.pid}`)
  })

  it('shows a reader what the holder has committed meanwhile', async () => {
    const workspace = await tempFolder()
    const writer = await openTestWorkbench({ workspace, kind: 'window' })
    const reader = await openTestWorkbench({ workspace, kind: 'cli', isReadingOnly: true })
    await writer.client.workspace.updateSettings({ threads: 3 })
    expect((await reader.client.workspace.settings({})).threads).toBe(3)
  })

  it('lets readers come and go without keeping a writer out', async () => {
    const workspace = await tempFolder()
    const reader = await openTestWorkbench({ workspace, isReadingOnly: true })
    const writer = await openTestWorkbench({ workspace })
    await writer.client.workspace.updateSettings({ theme: 'dark' })
    expect((await reader.client.workspace.settings({})).theme).toBe('dark')
    await expect(reader.client.workspace.updateSettings({ theme: 'light' })).rejects.toThrow(/reading only/)
  })

  it('refuses a workspace of a newer program and leaves every byte of it', async () => {
    const workspace = await tempFolder()
    const first = await openTestWorkbench({ workspace })
    await first.workbench.close()
    const path = join(workspace, 'workspace.sqlite')
    const db = await openSqlite(path)
    await db.exec('PRAGMA user_version = 990')
    await db.close()
    const [before, files] = [await hashOf(path), (await readdir(workspace)).sort()]
    await expect(openTestWorkbench({ workspace })).rejects.toThrow(/newer Pellucid \(schema 990.*left untouched/)
    await expect(openTestWorkbench({ workspace, isReadingOnly: true })).rejects.toMatchObject({ code: 'incompatible' })
    expect(await hashOf(path)).toBe(before)
    expect((await readdir(workspace)).sort()).toEqual(files)
  })

  it('refuses a file that is no database and leaves it', async () => {
    const workspace = await tempFolder()
    const path = join(workspace, 'workspace.sqlite')
    await writeFile(path, 'Dear diary, today I learnt about SQLite. '.repeat(10))
    const before = await hashOf(path)
    await expect(openTestWorkbench({ workspace })).rejects.toThrow(/no workspace database of Pellucid/)
    expect(await hashOf(path)).toBe(before)
  })

  it('says what is wrong when the workspace is a file', async () => {
    const file = join(await tempFolder(), 'notes.txt')
    await writeFile(file, 'x')
    await expect(openTestWorkbench({ workspace: file })).rejects.toThrow(/is a file; a workspace is a folder/)
  })

  it('is free again after closing, with nothing left of the lock', async () => {
    const workspace = await tempFolder()
    const { workbench } = await openTestWorkbench({ workspace })
    await workbench.close()
    const again = await openTestWorkbench({ workspace })
    expect(again.workbench.readOnlyBecause).toBeNull()
  })
})

describe('settings', () => {
  it('are kept over a restart and told to listeners', async () => {
    const workspace = await tempFolder()
    const first = await openTestWorkbench({ workspace })
    const heard: unknown[] = []
    first.workbench.on('workspace.settingsChanged', (settings) => heard.push(settings))
    await first.client.workspace.updateSettings({ theme: 'dark', smallGroup: 12 })
    expect(heard).toEqual([expect.objectContaining({ theme: 'dark', smallGroup: 12, parallelRuns: 1 })])
    await first.workbench.close()
    const second = await openTestWorkbench({ workspace })
    expect(await second.client.workspace.settings({})).toMatchObject({ theme: 'dark', smallGroup: 12 })
  })

  it('survive one value that cannot be understood', async () => {
    const workspace = await tempFolder()
    const first = await openTestWorkbench({ workspace })
    await first.client.workspace.updateSettings({ theme: 'dark', threads: 4 })
    await first.workbench.close()
    const db = await openSqlite(join(workspace, 'workspace.sqlite'))
    await db.run("UPDATE settings SET value = '\"many\"' WHERE key = 'threads'")
    await db.close()
    const second = await openTestWorkbench({ workspace })
    expect(await second.client.workspace.settings({})).toMatchObject({ theme: 'dark', threads: 0 })
  })

  it('are refused at the door when they make no sense', async () => {
    const { workbench } = await openTestWorkbench()
    const reply = await workbench.call('workspace.updateSettings', { parallelRuns: 99 })
    expect(reply).toMatchObject({ ok: false, error: { code: 'invalid_input' } })
  })
})

describe('the folder browser', () => {
  it('lists folders first, hides hidden files and names the parent', async () => {
    const root = await tempFolder()
    await mkdir(join(root, 'zoo'))
    await writeFile(join(root, 'a10.csv'), '1')
    await writeFile(join(root, 'a9.csv'), '12')
    await writeFile(join(root, '.hidden'), '')
    const { client } = await openTestWorkbench()
    const { entries, parent } = await client.files.list({ path: root })
    expect(entries.map(({ name, isFolder, sizeBytes }) => [name, isFolder, sizeBytes])).toEqual([
      ['zoo', true, null],
      ['a9.csv', false, 2],
      ['a10.csv', false, 1],
    ])
    expect(parent).toBe(resolve(root, '..'))
  })

  it('says what is wrong with a path', async () => {
    const { client } = await openTestWorkbench()
    await expect(client.files.list({ path: '/no/such/place' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(client.files.choose({ kind: 'folder' })).rejects.toMatchObject({ code: 'incompatible' })
  })
})
