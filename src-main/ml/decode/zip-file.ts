import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import * as yauzl from 'yauzl'
import { WorkbenchError } from '@shared/errors'

/** Compressed text rarely shrinks more than fifty times; what claims far more is made to fill a disk. */
const mostShrunk = 200
const smallBytes = 16 * 1024 ** 2
const mostEntries = 1_000_000

export interface ZipPart {
  name: string
  sizeBytes: number
  isFolder: boolean
  isLink: boolean
  /** Streams its content; the stream fails when it is not of the size that the archive claims. */
  open(): Promise<Readable>
}

/**
 * Opens a ZIP and lists its parts. Refuses one that is damaged, encrypted or claims to unpack to more than `limitBytes`
 * or to 200 times what a part takes; nothing is unpacked for that. Close it after use.
 */
export async function openZip(path: string, limitBytes: number): Promise<{ parts: ZipPart[]; close(): void }> {
  const zip = await yauzl.openPromise(path, { lazyEntries: true, autoClose: false }).catch((error: Error) => {
    throw damagedZip(path, error)
  })
  try {
    if (zip.entryCount > mostEntries) throw refused(path, `holds ${zip.entryCount} files; at most 1 000 000 are read`)
    const parts: ZipPart[] = []
    let total = 0
    for await (const entry of zip.eachEntry()) {
      total += entry.uncompressedSize
      refuseBomb(path, entry, total, limitBytes)
      parts.push({
        name: entry.fileName,
        sizeBytes: entry.uncompressedSize,
        isFolder: entry.fileName.endsWith('/'),
        isLink: ((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000,
        open: () =>
          zip.openReadStreamPromise(entry).catch((error: Error) => {
            throw damagedZip(path, error)
          }),
      })
    }
    return { parts, close: () => zip.close() }
  } catch (error) {
    zip.close()
    throw error instanceof WorkbenchError ? error : damagedZip(path, error as Error)
  }
}

function refuseBomb(path: string, entry: yauzl.Entry, total: number, limitBytes: number): void {
  if (entry.isEncrypted())
    throw new WorkbenchError('invalid_input', `"${basename(path)}" is protected by a password. Unpack it first.`)
  const { uncompressedSize, compressedSize } = entry
  if (uncompressedSize > smallBytes && uncompressedSize > mostShrunk * compressedSize)
    throw refused(
      path,
      `claims that ${compressedSize} bytes unpack to ${uncompressedSize} ("${entry.fileName.slice(0, 100)}"), which no ordinary file does`,
    )
  if (total > limitBytes) throw refused(path, `unpacks to more than ${Math.round(limitBytes / 1024 ** 2)} MiB`)
}

const refused = (path: string, what: string) =>
  new WorkbenchError('invalid_input', `"${basename(path)}" ${what}. It was refused and nothing was unpacked.`)

export const damagedZip = (path: string, { message }: Error) =>
  /relative path|absolute path|characters in fileName/.test(message)
    ? refused(path, `names a file that may lie outside of its folder (${message})`)
    : new WorkbenchError(
        'invalid_input',
        `"${basename(path)}" is no ZIP file, or it is damaged or cut off (${message}).`,
      )
