import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Holder } from '@shared/schemas/workspace'
import { holdExclusively } from './sqlite'

/** How the workspace is held: by us, by somebody else, or by nobody since nothing may be written there. */
export type Hold =
  | { state: 'held'; holder: Holder; release(): Promise<void> }
  | { state: 'busy'; holder: Holder | null }
  | { state: 'readonly' }

const words: Record<Holder['kind'], string> = {
  window: 'a Pellucid window',
  serve: '"pellucid serve"',
  cli: 'a "pellucid" command',
  test: 'a test',
}

/**
 * Makes this process the workspace's only writer for as long as it lives. The lock is one of the operating system (an
 * exclusive SQLite transaction on a file of its own), so that it ends with the process however that dies;
 * `holder.json` only says in words who it is.
 */
export async function holdWorkspace(root: string, kind: Holder['kind']): Promise<Hold> {
  const holderPath = join(root, 'holder.json')
  let lock: Awaited<ReturnType<typeof holdExclusively>> = null
  try {
    lock = await holdExclusively(join(root, 'lock.sqlite'))
    if (!lock) return { state: 'busy', holder: await readHolder(holderPath) }
    const { release } = lock
    const holder: Holder = { pid: process.pid, kind, since: Date.now(), host: hostname() }
    await writeHolder(holderPath, holder)
    return {
      state: 'held',
      holder,
      async release() {
        await rm(holderPath, { force: true }).catch(() => {})
        await release()
      },
    }
  } catch (error) {
    await lock?.release() // SQLite quietly takes a read lock where the file cannot be written
    if (isReadOnlyPlace(error)) return { state: 'readonly' }
    throw error
  }
}

/** Why nothing may be written here, for people. */
export function describeBusy(holder: Holder | null): string {
  if (!holder) return 'Another Pellucid holds this workspace, so it is open for reading only. Close that one to write.'
  const since = new Date(holder.since).toISOString().slice(0, 16).replace('T', ' ')
  const place = holder.host === hostname() ? '' : ` on ${holder.host}`
  return `This workspace is held by ${words[holder.kind]} (process ${holder.pid}${place}, since ${since} UTC), so it is open for reading only. Close that one to write.`
}

export const readOnlyPlace =
  'This workspace lies on a disk or folder that cannot be written to, so it is open for reading only.'

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return Holder.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return null // it is being written this very moment, or its writer could not
  }
}

/** Never half there: a reader sees the old holder or the new one. A full disk must not keep anybody out. */
async function writeHolder(path: string, holder: Holder): Promise<void> {
  try {
    await writeFile(`${path}.partial`, JSON.stringify(holder))
    await rename(`${path}.partial`, path)
  } catch (error) {
    if (isReadOnlyPlace(error)) throw error
  }
}

export function isReadOnlyPlace(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? ''
  return ['EROFS', 'EACCES', 'EPERM', 'SQLITE_READONLY', 'SQLITE_CANTOPEN'].includes(code)
}
