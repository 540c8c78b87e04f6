import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Writes beside, forces to disk and renames over `path`; with `keep`, what was there before stays under that name.
 * A process killed at any moment leaves a whole file under one of the two names.
 */
export async function writeDurably(path: string, parts: Uint8Array[], keep?: string): Promise<void> {
  const partial = `${path}.${randomUUID().slice(0, 8)}.partial`
  try {
    const file = await open(partial, 'w')
    try {
      for (const part of parts) await file.writeFile(part)
      await file.sync()
    } finally {
      await file.close()
    }
    if (keep) await rename(path, keep).catch(ignoreAbsent)
    await rename(partial, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {})
    throw error
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

/** Makes the rename itself durable; Windows cannot open folders and needs it not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}
