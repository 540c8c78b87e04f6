import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { throwIfAborted } from '@shared/errors'
import { findFiles } from '../../ml/decode/walk'
import { inFlight } from '../in-flight'
import type { HashedFile, JobHandler } from '../protocol'

const filesAtOnce = 4
const batchSize = 250

/** `sizeBytes` and `modifiedAt` of null were never known, so the file is read. */
interface Wanted {
  path: string
  sizeBytes: number | null
  modifiedAt: number | null
}

const hashFiles: JobHandler<'hash-files'> = async (input, { signal, report }) => {
  const wanted = 'files' in input ? input.files : await filesOfSize(input.folder, input.sizes, signal)
  let files: HashedFile[] = []
  let done = 0
  for await (const { result } of inFlight(wanted, filesAtOnce, (file) => look(file, signal))) {
    files.push(result)
    done++
    if (files.length < batchSize) continue
    report({ files, done, total: wanted.length })
    files = []
  }
  report({ files, done, total: wanted.length })
  return { total: wanted.length }
}

async function filesOfSize(folder: string, sizes: number[], signal: AbortSignal): Promise<Wanted[]> {
  const fitting = new Set(sizes)
  const { files } = await findFiles([folder], signal)
  const wanted: Wanted[] = []
  for await (const { item, result } of inFlight(files, filesAtOnce, ({ path }) => stat(path).catch(() => null))) {
    throwIfAborted(signal)
    if (result && fitting.has(result.size)) wanted.push({ path: item.path, sizeBytes: null, modifiedAt: null })
  }
  return wanted
}

async function look({ path, sizeBytes, modifiedAt }: Wanted, signal: AbortSignal): Promise<HashedFile> {
  throwIfAborted(signal)
  const facts = await stat(path).catch(() => null)
  if (!facts?.isFile()) return { path, hash: 'missing', sizeBytes: 0, modifiedAt: 0 }
  const now = { path, sizeBytes: facts.size, modifiedAt: Math.round(facts.mtimeMs) }
  if (now.sizeBytes === sizeBytes && now.modifiedAt === modifiedAt) return { ...now, hash: null }
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) hash.update(chunk as Buffer)
  } catch {
    return { ...now, hash: 'missing' } // there, but not readable: the same for the user
  }
  return { ...now, hash: hash.digest('hex') }
}

export default hashFiles
