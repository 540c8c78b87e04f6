import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import { tarEntries } from './tar-entries'
import { damagedZip, openZip } from './zip-file'

export interface ArchiveLimits {
  /** Of everything together, unpacked. */
  bytes: number
  files: number
}

export const archiveLimits: ArchiveLimits = { bytes: 64 * 1024 ** 3, files: 1_000_000 }

const deepest = 32
const longestPart = 255
const clutter = /(^|\/)(__MACOSX(\/|$)|\.DS_Store$|Thumbs\.db$|desktop\.ini$)/i

/**
 * Unpacks a ZIP, tar or tar.gz into the folder `out`, which exists and is empty; returns the files' paths within it.
 * Throws `invalid_input` for what is damaged, leads out of the folder, or grows beyond the limits; what was written until
 * then is the caller's to remove. Links, devices and system clutter are left out.
 */
export async function unpackArchive(
  path: string,
  out: string,
  signal: AbortSignal,
  progress: (done: number, total: number | null) => void = () => {},
  limits: ArchiveLimits = archiveLimits,
): Promise<string[]> {
  const target = new Target(path, out, limits)
  const start = await firstBytes(path)
  if (start[0] === 0x50 && start[1] === 0x4b) await unpackZip(path, target, signal, progress)
  else await unpackTar(path, target, signal, progress, start[0] === 0x1f && start[1] === 0x8b)
  if (target.files.length > 0) return target.files
  throw new WorkbenchError('invalid_input', `"${basename(path)}" holds no files.`)
}

/** The folder that is filled: refuses names that lead out of it and more files than allowed. */
class Target {
  readonly files: string[] = []

  constructor(
    private readonly archive: string,
    private readonly root: string,
    readonly limits: ArchiveLimits,
  ) {}

  /** `open` is called once there is somewhere to write to: a stream that fails before it is read ends the process. */
  async write(
    name: string,
    open: () => Promise<Readable> | AsyncGenerator<Buffer>,
    signal: AbortSignal,
  ): Promise<void> {
    const parts = this.#safeParts(name)
    if (this.files.length >= this.limits.files)
      throw refused(this.archive, `holds more than ${this.limits.files} files`)
    const path = join(this.root, ...parts)
    try {
      await mkdir(dirname(path), { recursive: true })
      await pipeline(await open(), createWriteStream(path, { flags: 'wx' }), { signal })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR')
        throw refused(this.archive, `holds "${name.slice(0, 200)}" twice, or both as a file and as a folder`)
      throw error
    }
    this.files.push(parts.join('/'))
  }

  #safeParts(name: string): string[] {
    const parts = name.replace(/^(\.\/)+/, '').split('/')
    const isSafe =
      parts.length <= deepest &&
      parts.every((part) => !['', '.', '..'].includes(part) && !/[\\\u0000-\u001f]|^[a-z]:/i.test(part)) &&
      parts.every((part) => Buffer.byteLength(part) <= longestPart)
    if (isSafe) return parts
    throw refused(this.archive, `names a file that may lie outside of its folder ("${name.slice(0, 200)}")`)
  }
}

const refused = (path: string, what: string) =>
  new WorkbenchError('invalid_input', `"${basename(path)}" ${what}. It was refused and nothing was kept of it.`)

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => {
    throw new WorkbenchError('not_found', `There is no file "${path}", or it may not be read. Check the path.`)
  })
  try {
    const start = Buffer.alloc(4)
    await file.read(start, 0, 4, 0)
    return start
  } finally {
    await file.close()
  }
}

async function unpackZip(
  path: string,
  target: Target,
  signal: AbortSignal,
  progress: (done: number, total: number | null) => void,
): Promise<void> {
  const { parts, close } = await openZip(path, target.limits.bytes)
  try {
    const files = parts.filter(({ name, isFolder, isLink }) => !isFolder && !isLink && !clutter.test(name))
    for (const [at, part] of files.entries()) {
      throwIfAborted(signal)
      await target.write(part.name, part.open, signal)
      progress(at + 1, files.length)
    }
  } catch (error) {
    throw asDamaged(error, signal, (cause) => damagedZip(path, cause))
  } finally {
    close()
  }
}

async function unpackTar(
  path: string,
  target: Target,
  signal: AbortSignal,
  progress: (done: number, total: number | null) => void,
  isCompressed: boolean,
): Promise<void> {
  const file = createReadStream(path)
  const bytes = isCompressed ? file.pipe(createGunzip()) : file
  if (isCompressed) file.on('error', (error) => bytes.destroy(error))
  try {
    const counted = withinLimits(path, bytes, () => file.bytesRead, target.limits, isCompressed)
    for await (const { name, content } of tarEntries(counted)) {
      throwIfAborted(signal)
      if (!clutter.test(name)) await target.write(name, () => content, signal)
      progress(target.files.length, null)
    }
  } catch (error) {
    throw asDamaged(
      error,
      signal,
      ({ message }) =>
        new WorkbenchError(
          'invalid_input',
          `"${basename(path)}" is no tar archive, or it is damaged or cut off (${message}).`,
        ),
    )
  } finally {
    file.destroy()
    bytes.destroy()
  }
}

const mostShrunk = 200
const smallBytes = 32 * 1024 ** 2

/** Passes bytes on until they are too many, or far more than what they were unpacked from. */
async function* withinLimits(
  path: string,
  bytes: AsyncIterable<Buffer>,
  bytesRead: () => number,
  limits: ArchiveLimits,
  isCompressed: boolean,
): AsyncGenerator<Buffer> {
  let total = 0
  for await (const chunk of bytes) {
    total += chunk.length
    if (total > limits.bytes) throw refused(path, `unpacks to more than ${Math.round(limits.bytes / 1024 ** 2)} MiB`)
    if (isCompressed && total > smallBytes && total > mostShrunk * bytesRead())
      throw refused(path, `unpacks to more than ${mostShrunk} times its size, which no ordinary file does`)
    yield chunk
  }
}

/** Errors about the bytes are the archive's fault; those of the disk and of cancelling stay what they are. */
function asDamaged(error: unknown, signal: AbortSignal, damaged: (cause: Error) => Error): unknown {
  if (error instanceof WorkbenchError || signal.aborted) return error
  const { syscall } = error as NodeJS.ErrnoException
  return syscall ? error : damaged(error as Error)
}
