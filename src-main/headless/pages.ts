import { readFile } from 'node:fs/promises'
import { join, normalize, sep } from 'node:path'
import { typeOfPage } from './page-security'

/** A built file of the interface, or null; never a file outside of `root`. */
export async function readPage(root: string, pathname: string): Promise<{ bytes: Buffer; type: string } | null> {
  const path = normalize(join(root, decodeSafely(pathname === '/' ? '/index.html' : pathname)))
  const type = typeOfPage(path)
  if (!type || !path.startsWith(root + sep)) return null
  const bytes = await readFile(path).catch(() => null)
  return bytes && { bytes, type }
}

function decodeSafely(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return '/?' // no file is named so
  }
}
