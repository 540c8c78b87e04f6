import { existsSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { Db } from './db/database'
import { describeBusy, holdWorkspace, isReadOnlyPlace, readOnlyPlace } from './db/lock'
import { migrate, newestVersion, schemaVersion } from './db/migrate'
import { migrations } from './db/schema'
import { openImmutable, openSqlite } from './db/sqlite'
import { undoSwap } from './services/backup'
import type { WorkspacePaths } from './services/context'
import type { Holder } from '@shared/schemas/workspace'

/** The workspace asked for: `--workspace`, else `$PELLUCID_WORKSPACE`, else the platform's folder for data. */
export function workspaceFolder(asked: string | undefined, env = process.env, platform = process.platform): string {
  const named = asked || env['PELLUCID_WORKSPACE']
  if (named) return resolve(named)
  const home = homedir()
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Pellucid')
  if (platform === 'win32') return join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'Pellucid')
  return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'pellucid')
}

export function workspacePaths(root: string, resources: string): WorkspacePaths {
  return {
    root,
    database: join(root, 'workspace.sqlite'),
    runs: join(root, 'runs'),
    cache: join(root, 'cache'),
    files: join(root, 'files'),
    resources,
  }
}

/** An open workspace: its database, and whether we may write. */
export interface OpenWorkspace {
  db: Db
  /** Why commands are refused, in words; null when we hold it. */
  readOnlyBecause: string | null
  holder: Holder | null
  release(): Promise<void>
}

/**
 * Opens the workspace for writing when nobody else holds it, else for reading. A database of a newer program is refused
 * before a byte of it could change.
 */
export async function openWorkspace(
  paths: WorkspacePaths,
  kind: Holder['kind'],
  wantsReadOnly = false,
): Promise<OpenWorkspace> {
  await makeFolder(paths.root)
  await refuseNewer(paths.database)
  if (wantsReadOnly) return openForReading(paths, 'This program opened the workspace for reading only.', null)
  const hold = await holdPatiently(paths.root, kind)
  if (hold.state === 'readonly') return openForReading(paths, readOnlyPlace, null)
  if (hold.state === 'busy') return openForReading(paths, describeBusy(hold.holder), hold.holder)
  try {
    await undoSwap(paths) // a restore that was cut off
    const db = await openForWriting(paths.database)
    return { db, readOnlyBecause: null, holder: hold.holder, release: hold.release }
  } catch (error) {
    await hold.release()
    throw error
  }
}

/** Commands that only read hold the workspace for a moment; that is no reason to be refused. */
async function holdPatiently(root: string, kind: Holder['kind']) {
  for (let attempt = 0; ; attempt++) {
    const hold = await holdWorkspace(root, kind)
    const isPassing = hold.state === 'busy' && (hold.holder === null || hold.holder.kind === 'cli')
    if (!isPassing || attempt >= 10) return hold
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Opens and migrates; the lock must be held. */
export async function openForWriting(database: string): Promise<Db> {
  const db = await openSqlite(database)
  try {
    await migrate(db, migrations)
    return db
  } catch (error) {
    await db.close()
    throw error
  }
}

async function openForReading(
  paths: WorkspacePaths,
  readOnlyBecause: string,
  holder: Holder | null,
): Promise<OpenWorkspace> {
  const db = await openExisting(paths, readOnlyBecause, holder !== null)
  const found = await schemaVersion(db)
  const newest = newestVersion(migrations)
  if (found !== newest) {
    await db.close()
    throw new WorkbenchError(
      'incompatible',
      `This workspace has schema ${found}, this Pellucid needs ${newest}. ${readOnlyBecause} It cannot be brought up to date meanwhile.`,
    )
  }
  return { db, readOnlyBecause, holder, release: async () => {} }
}

/** The holder may be about to make the database: it gets three seconds. */
async function openExisting(paths: WorkspacePaths, because: string, isShared: boolean): Promise<Db> {
  for (let attempt = 0; ; attempt++) {
    try {
      if (existsSync(paths.database)) {
        const db = isShared ? await openSqlite(paths.database, { readOnly: true }) : await openQuiet(paths.database)
        if ((await schemaVersion(db)) > 0) return db
        await db.close()
      }
    } catch (error) {
      if (attempt >= 30) throw error
    }
    if (attempt >= 30 || !isShared)
      throw new WorkbenchError('conflict', `There is no workspace in ${paths.root}. ${because}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Nobody writes: shared memory may not be makeable (a read-only mount), then the file is read as it is. */
async function openQuiet(database: string): Promise<Db> {
  const db = await openSqlite(database, { readOnly: true }).catch(() => null)
  if (db) {
    const works = await schemaVersion(db).then(
      () => true,
      () => false,
    )
    if (works) return db
    await db.close()
  }
  return openImmutable(database)
}

async function makeFolder(root: string): Promise<void> {
  try {
    await mkdir(root, { recursive: true })
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'EEXIST' || code === 'ENOTDIR')
      throw new WorkbenchError('invalid_input', `"${root}" is a file; a workspace is a folder. Name another one.`)
    // Node tells a read-only mount as ENOENT when it makes several folders at once.
    if (isReadOnlyPlace(error) || code === 'ENOENT')
      throw new WorkbenchError(
        'invalid_input',
        `The workspace folder "${root}" cannot be made: nothing may be written there. Name another one with --workspace or PELLUCID_WORKSPACE.`,
      )
    throw error
  }
}

/** Bytes 60-63 of the file are `user_version`: looked at without opening the database, which would touch its files. */
async function refuseNewer(database: string): Promise<void> {
  const file = await open(database, 'r').catch(() => null)
  if (!file) return
  try {
    const header = Buffer.alloc(64)
    const { bytesRead } = await file.read(header, 0, 64, 0)
    if (bytesRead === 0) return
    if (bytesRead < 64 || header.toString('latin1', 0, 15) !== 'SQLite format 3')
      throw new WorkbenchError(
        'invalid_input',
        `"${database}" is no workspace database of Pellucid; it was left untouched.`,
      )
    const found = header.readUInt32BE(60)
    const newest = newestVersion(migrations)
    if (found <= newest) return
    throw new WorkbenchError(
      'incompatible',
      `This workspace was written by a newer Pellucid (schema ${found}; this one knows ${newest}). Update Pellucid; the workspace was left untouched.`,
    )
  } finally {
    await file.close()
  }
}
