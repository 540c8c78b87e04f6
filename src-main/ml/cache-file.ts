import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'

/**
 * Writes a file of the cache beside and renames it, so that a killed process leaves none half-written. A cache that cannot
 * be written costs time, not the run.
 */
export async function writeBeside(path: string, bytes: Uint8Array, folder: string): Promise<void> {
  const partial = `${path}.${randomUUID().slice(0, 8)}.partial`
  try {
    await mkdir(folder, { recursive: true })
    const file = await open(partial, 'w')
    await file
      .writeFile(bytes)
      .then(() => file.datasync())
      .finally(() => file.close())
    await rename(partial, path)
  } catch {
    await rm(partial, { force: true }).catch(() => {})
  }
}
