import { WorkbenchError } from '@shared/errors'
import type { Db, Queries } from './database'

export interface Migration {
  version: number
  up(db: Queries): Promise<void>
}

export const newestVersion = (migrations: readonly Migration[]) => Math.max(0, ...migrations.map((m) => m.version))

export async function schemaVersion(db: Queries): Promise<number> {
  return (await db.get<{ user_version: number }>('PRAGMA user_version'))!.user_version
}

/** Brings the database up to `target`, each migration in a transaction of its own; refuses files of a newer build. */
export async function migrate(db: Db, migrations: readonly Migration[], target = Infinity): Promise<void> {
  const ordered = [...migrations].sort((a, b) => a.version - b.version)
  const current = await schemaVersion(db)
  const newest = newestVersion(ordered)
  if (current > newest) {
    throw new WorkbenchError(
      'incompatible',
      `This workspace was written by a newer Pellucid (schema ${current}; this one knows ${newest}). Update Pellucid; the workspace was left untouched.`,
    )
  }
  for (const { version, up } of ordered) {
    if (version <= current || version > target) continue
    await db.transaction(async (tx) => {
      await up(tx)
      await tx.exec(`PRAGMA user_version = ${version}`)
    })
  }
}
