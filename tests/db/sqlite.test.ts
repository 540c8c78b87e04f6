import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { migrate, newestVersion, schemaVersion } from '@main/db/migrate'
import { migrations } from '@main/db/schema'
import { openSqlite } from '@main/db/sqlite'
import { openTempDb, tempFolder } from '../helpers/temp-db'

const refusal = (work: () => Promise<unknown>) =>
  work().then(
    () => 'stored',
    (error: Error) => error.message,
  )

describe('the database', () => {
  it('refuses what SQLite would turn into NULL', async () => {
    const db = await openTempDb()
    const store = (value: unknown) =>
      refusal(() => db.run('INSERT INTO settings VALUES (?, ?)', 'key', value as number))
    expect(await store(NaN)).toContain('Cannot store NaN')
    expect(await store(Infinity)).toContain('Cannot store Infinity')
    expect(await store(-Infinity)).toContain('Cannot store -Infinity')
    expect(await store(10n)).toContain('BigInt')
    expect(await store(undefined)).toContain('undefined')
    expect(await refusal(() => db.get('SELECT ?', NaN))).toContain('NaN')
    expect(
      await refusal(() => db.transaction((tx) => tx.run('INSERT INTO settings VALUES (?, ?)', 'key', NaN))),
    ).toContain('NaN')
    expect(await db.all('SELECT * FROM settings')).toEqual([])
    expect(await store('text')).toBe('stored')
  })

  it('is strict about types, and keeps references whole', async () => {
    const db = await openTempDb()
    const insert = (at: unknown) =>
      refusal(() =>
        db.run(
          "INSERT INTO datasets (id, name, modality, source_path, created_at) VALUES ('d', 'n', 'image', '/', ?)",
          at as string,
        ),
      )
    expect(await insert('yesterday')).toContain('cannot store TEXT value in INTEGER column')
    expect(await insert(1)).toBe('stored')
    expect(await refusal(() => db.run("INSERT INTO samples (id, dataset_id, row) VALUES (1, 'nope', 1)"))).toContain(
      'FOREIGN KEY',
    )
    expect(
      await refusal(() => db.run("INSERT INTO samples (id, dataset_id, row, split) VALUES (1, 'd', 1, 'dev')")),
    ).toContain('CHECK')
  })

  it('rolls a transaction back as a whole, and runs them one after the other', async () => {
    const db = await openTempDb()
    const put = (key: string, value: string) =>
      db.transaction(async (tx) => {
        await tx.run('INSERT INTO settings VALUES (?, ?)', key, value)
        await new Promise((resolve) => setTimeout(resolve, 5))
        if (value === 'bad') throw new Error('no')
      })
    await Promise.allSettled([put('a', '1'), put('b', 'bad'), put('c', '2')])
    expect(await db.all('SELECT * FROM settings ORDER BY key')).toEqual([
      { key: 'a', value: '1' },
      { key: 'c', value: '2' },
    ])
  })

  it('writes durably: WAL with synchronous = FULL', async () => {
    const path = join(await tempFolder(), 'w.sqlite')
    const db = await openSqlite(path)
    onTestFinished(() => db.close())
    await db.transaction(async (tx) => {
      expect(await tx.get('PRAGMA synchronous')).toEqual({ synchronous: 2 })
      expect(await tx.get('PRAGMA foreign_keys')).toEqual({ foreign_keys: 1 })
    })
    expect(await db.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' })
  })

  it('opened for reading only, reads and refuses to write', async () => {
    const path = join(await tempFolder(), 'w.sqlite')
    const writer = await openSqlite(path)
    await migrate(writer, migrations)
    const reader = await openSqlite(path, { readOnly: true })
    onTestFinished(async () => {
      await reader.close()
      await writer.close()
    })
    await writer.run("INSERT INTO settings VALUES ('k', '1')")
    expect(await reader.get('SELECT value FROM settings')).toEqual({ value: '1' })
    expect(await refusal(() => reader.run("INSERT INTO settings VALUES ('l', '1')"))).toContain('reading only')
  })
})

describe('migrations', () => {
  it('have rising versions of their own and bring a file up to the newest', async () => {
    const versions = migrations.map(({ version }) => version)
    expect([...new Set(versions)].sort((a, b) => a - b)).toEqual(versions)
    const db = await openTempDb()
    expect(await schemaVersion(db)).toBe(newestVersion(migrations))
    await migrate(db, migrations) // again: nothing to do
    const tables = await db.all<{ name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'table'",
    )
    for (const { name, sql } of tables) if (!name.startsWith('sqlite_')) expect(sql, name).toMatch(/STRICT/)
  })

  it('that fail leave the version before them', async () => {
    const db = await openTempDb(20)
    const broken = {
      version: 25,
      up: async (tx: { exec(sql: string): Promise<void> }) => tx.exec('CREATE TABLE half (x INTEGER) STRICT; NONSENSE'),
    }
    expect(await refusal(() => migrate(db, [...migrations.slice(0, 2), broken]))).toContain('syntax error')
    expect(await schemaVersion(db)).toBe(20)
    expect(await db.get("SELECT 1 FROM sqlite_schema WHERE name = 'half'")).toBeUndefined()
  })

  it('refuse a file of a newer build and leave it untouched', async () => {
    const path = join(await tempFolder(), 'w.sqlite')
    const first = await openSqlite(path)
    await migrate(first, migrations)
    await first.exec('PRAGMA user_version = 9990')
    await first.close()
    const digest = async () =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex')
    const before = await digest()
    const db = await openSqlite(path)
    const error = await migrate(db, migrations).catch((reason) => reason)
    await db.close()
    expect(error).toMatchObject({
      code: 'incompatible',
      message: expect.stringContaining('newer Pellucid (schema 9990'),
    })
    expect(await digest()).toBe(before)
  })
})

describe('migration 0040: facts about data', () => {
  it('takes over what older workspaces hold', async () => {
    const db = await openTempDb(30)
    await db.exec(`
      INSERT INTO datasets (id, name, modality, source_path, created_at) VALUES ('d', 'old', 'image', '/p', 1);
      INSERT INTO classes (id, dataset_id, name, position) VALUES (7, 'd', 'cat', 0);
      INSERT INTO samples (id, dataset_id, row, path, size_bytes, class_id) VALUES (41, 'd', 1, 'a.png', 100, 7), (42, 'd', 2, 'b.png', 50, NULL);
      INSERT INTO fields (dataset_id, name, position, kind, is_input, is_sensitive) VALUES ('d', 'x', 0, 'number', 1, 0);`)
    await migrate(db, migrations, 40)
    expect(await schemaVersion(db)).toBe(40)
    expect(await db.get('SELECT size_bytes, notes, sources FROM datasets')).toEqual({
      size_bytes: 150,
      notes: '[]',
      sources: '[]',
    })
    expect(await db.all('SELECT name, value FROM next_ids ORDER BY name')).toEqual([
      { name: 'class', value: 8 },
      { name: 'sample', value: 43 },
    ])
    expect(await db.get('SELECT stats FROM fields')).toEqual({ stats: null })
    const plan = await db.all<{ detail: string }>('EXPLAIN QUERY PLAN SELECT count(*) FROM samples WHERE class_id = 7')
    expect(plan[0]!.detail).toContain('samples_by_class')
  })
})
