import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { migrate } from '@main/db/migrate'
import { migrations } from '@main/db/schema'
import { openSqlite } from '@main/db/sqlite'

/** A folder of the test's own, gone when it ends. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pellucid-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A real database file, migrated up to `target`. */
export async function openTempDb(target = Infinity) {
  const db = await openSqlite(join(await tempFolder(), 'workspace.sqlite'))
  onTestFinished(() => db.close())
  await migrate(db, migrations, target)
  return db
}
