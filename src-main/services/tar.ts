import { createReadStream } from 'node:fs'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import { WorkbenchError } from '@shared/errors'

/**
 * Writes and reads POSIX tar (ustar headers, pax records for long names and big files), so that a backup can be opened
 * with any tool, today and in twenty years. Reference: POSIX.1-2017, pax, "ustar Interchange Format".
 */
const blockSize = 512

export class TarWriter {
  private constructor(private readonly file: FileHandle) {}

  static async create(path: string): Promise<TarWriter> {
    return new TarWriter(await open(path, 'w'))
  }

  async addText(name: string, text: string): Promise<void> {
    const bytes = Buffer.from(text)
    await this.#header(name, bytes.length)
    await this.#write(bytes)
    await this.#pad(bytes.length)
  }

  /** Streams a file in; `sizeBytes` as it was when listed (a file that grew is cut, one that shrank is padded). */
  async addFile(name: string, path: string, sizeBytes: number, signal: AbortSignal): Promise<void> {
    await this.#header(name, sizeBytes)
    let left = sizeBytes
    if (sizeBytes > 0) {
      for await (const chunk of createReadStream(path, { end: sizeBytes - 1, signal })) {
        await this.#write(chunk as Buffer)
        left -= (chunk as Buffer).length
      }
    }
    for (; left > 0; left -= Math.min(left, 65_536)) await this.#write(Buffer.alloc(Math.min(left, 65_536)))
    await this.#pad(sizeBytes)
  }

  /** Ends the archive and waits until it is on disk. */
  async close(): Promise<void> {
    await this.#write(Buffer.alloc(2 * blockSize))
    await this.file.sync()
    await this.file.close()
  }

  async abandon(): Promise<void> {
    await this.file.close().catch(() => {})
  }

  async #header(name: string, size: number): Promise<void> {
    if (Buffer.byteLength(name) > 100 || size >= 8 ** 11) {
      const records = Buffer.from(paxRecord('path', name) + paxRecord('size', String(size)))
      await this.#write(headerBlock('pax', records.length, 'x'))
      await this.#write(records)
      await this.#pad(records.length)
    }
    await this.#write(headerBlock(name, size, '0'))
  }

  async #pad(size: number): Promise<void> {
    if (size % blockSize > 0) await this.#write(Buffer.alloc(blockSize - (size % blockSize)))
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) at += (await this.file.write(bytes, at)).bytesWritten
  }
}

/** Unpacks the archive into `out`; refuses names that lead out of it. Returns how many files came out. */
export async function extractTar(
  archive: string,
  out: string,
  signal: AbortSignal,
  onBytes: (done: number) => void = () => {},
): Promise<number> {
  const file = await open(archive, 'r')
  try {
    let files = 0
    let pax: Record<string, string> = {}
    for (let at = 0; ;) {
      signal.throwIfAborted()
      const header = await readBlock(file, at)
      at += blockSize
      if (header.every((byte) => byte === 0)) return files
      const entry = parseHeader(header, archive)
      const size = Number(pax['size'] ?? entry.size)
      if (entry.type === 'x') pax = parsePax(await readBlock(file, at, size))
      else if (entry.type === '0' || entry.type === '\0') {
        await copyOut(file, at, size, safeJoin(out, pax['path'] ?? entry.name), signal)
        files++
        pax = {}
      }
      at += Math.ceil(size / blockSize) * blockSize
      onBytes(at)
    }
  } finally {
    await file.close()
  }
}

const paxRecord = (key: string, value: string): string => {
  const bare = Buffer.byteLength(` ${key}=${value}\n`)
  let length = bare + String(bare).length
  if (bare + String(length).length > length) length++
  return `${length} ${key}=${value}\n`
}

function headerBlock(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(blockSize)
  block.write(Buffer.byteLength(name) > 100 ? 'pax' : name, 0, 100)
  block.write('0000644\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  block.write(`${(size % 8 ** 11).toString(8).padStart(11, '0')}\0`, 124)
  block.write(
    `${Math.floor(Date.now() / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
  )
  block.write(' '.repeat(8), 148)
  block.write(type, 156)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function parseHeader(block: Buffer, archive: string): { name: string; size: number; type: string } {
  const text = (from: number, to: number) => block.toString('utf8', from, to).replace(/\0.*$/s, '')
  const claimed = parseInt(text(148, 156), 8)
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0)
  if (claimed !== sum) {
    throw new WorkbenchError('invalid_input', `"${archive}" is damaged or no backup of Pellucid; nothing was changed.`)
  }
  const prefix = text(345, 500)
  return {
    name: prefix ? `${prefix}/${text(0, 100)}` : text(0, 100),
    size: parseInt(text(124, 136).trim() || '0', 8),
    type: String.fromCharCode(block[156]!),
  }
}

function parsePax(bytes: Buffer): Record<string, string> {
  const records: Record<string, string> = {}
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(32, at)
    const length = parseInt(bytes.toString('utf8', at, space), 10)
    if (space < 0 || !(length > 0)) break
    const [key, ...value] = bytes.toString('utf8', space + 1, at + length - 1).split('=')
    records[key!] = value.join('=')
    at += length
  }
  return records
}

function safeJoin(root: string, name: string): string {
  const path = normalize(join(root, name))
  if (path.startsWith(root + sep)) return path
  throw new WorkbenchError('invalid_input', `The archive names a file outside of its folder ("${name}"); refused.`)
}

async function readBlock(file: FileHandle, at: number, size = blockSize): Promise<Buffer> {
  const bytes = Buffer.alloc(size)
  const { bytesRead } = await file.read(bytes, 0, size, at)
  if (bytesRead === size) return bytes
  throw new WorkbenchError('invalid_input', 'The archive ends too early: it was cut off. Nothing was changed.')
}

async function copyOut(file: FileHandle, at: number, size: number, path: string, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const out = await open(path, 'w')
  try {
    const chunk = Buffer.alloc(1 << 20)
    for (let done = 0; done < size;) {
      signal.throwIfAborted()
      const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, size - done), at + done)
      if (bytesRead === 0) throw new WorkbenchError('invalid_input', 'The archive ends too early: it was cut off.')
      for (let written = 0; written < bytesRead;)
        written += (await out.write(chunk, written, bytesRead - written)).bytesWritten
      done += bytesRead
    }
  } finally {
    await out.close()
  }
}
