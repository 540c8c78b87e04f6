import { createHash, randomUUID } from 'node:crypto'
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { WorkbenchError } from '@shared/errors'
import { bareName, isArchiveName } from '@shared/file-kinds'
import type { ServiceContext } from './context'
import type { Progress } from './tasks'

type Context = Pick<ServiceContext, 'jobs' | 'paths'>

export const hasArchive = (paths: string[]) => paths.some(isArchiveName)

/** Unpacked files of an archive, as an import takes them. */
export interface Unpacked {
  paths: string[]
  /** Takes back what this call brought to the disk; for an import that failed. */
  discard(): Promise<void>
}

/** Unpacks into the cache, to look at; only the archive that was looked at last stays there. */
export async function unpackToLook(
  context: Context,
  paths: string[],
  signal: AbortSignal,
  progress: Progress,
): Promise<string[]> {
  const archive = onlyArchive(paths)
  const name = await nameOf(archive)
  const kept = join(context.paths.files, 'archives', name)
  if (await exists(kept)) return contentOf(kept)
  const cache = join(context.paths.cache, 'archives')
  for (const other of await readdir(cache).catch(() => []))
    if (other !== name) await rm(join(cache, other), { recursive: true, force: true })
  const folder = join(cache, name)
  if (!(await exists(folder))) await unpack(context, archive, folder, signal, progress)
  return contentOf(folder)
}

/** Unpacks into the workspace's files, to stay as long as the dataset; takes over what was unpacked to look. */
export async function unpackToKeep(
  context: Context,
  paths: string[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Unpacked> {
  const archive = onlyArchive(paths)
  const name = await nameOf(archive)
  const folder = join(context.paths.files, 'archives', name)
  if (await exists(folder)) return { paths: await contentOf(folder), discard: async () => {} }
  const looked = join(context.paths.cache, 'archives', name)
  await mkdir(dirname(folder), { recursive: true })
  if (await exists(looked)) await rename(looked, folder)
  else await unpack(context, archive, folder, signal, progress)
  return { paths: await contentOf(folder), discard: () => rm(folder, { recursive: true, force: true }) }
}

function onlyArchive(paths: string[]): string {
  if (paths.length === 1) return paths[0]!
  throw new WorkbenchError('invalid_input', `Expected one archive by itself, got ${paths.length} files.`)
}

/** The archive's name and which file it was: the same path, size and time are the same archive. */
async function nameOf(path: string): Promise<string> {
  const facts = await stat(path).catch(() => {
    throw new WorkbenchError('not_found', `There is no file "${path}". Check the path.`)
  })
  const key = createHash('sha256').update(`${path}\n${facts.size}\n${facts.mtimeMs}`).digest('hex').slice(0, 12)
  return `${folderName(path)}-${key}`
}

const folderName = (path: string) => bareName(path).replace(/^\.+/, '').slice(0, 60) || 'archive'

/** In an unpacked archive's folder lie its files, in a folder of the archive's name, and beside it this. */
const factsFile = 'unpacked.json'
const Facts = z.object({ folder: z.string(), table: z.string().nullable() })

async function contentOf(folder: string): Promise<string[]> {
  const facts = Facts.parse(JSON.parse(await readFile(join(folder, factsFile), 'utf8')))
  return [join(folder, facts.folder, facts.table ?? '')]
}

async function unpack(
  { jobs }: Context,
  archive: string,
  folder: string,
  signal: AbortSignal,
  progress: Progress,
): Promise<void> {
  const partial = `${folder}.${randomUUID().slice(0, 8)}.partial`
  try {
    const name = folderName(archive)
    await mkdir(join(partial, name), { recursive: true })
    const onEvent = ({ done, total }: { done: number; total: number | null }) => progress(done, total)
    const input = { path: archive, out: join(partial, name) }
    const { table } = await jobs.run('decode', 'unpack', input, { signal, onEvent })
    await writeFile(join(partial, factsFile), JSON.stringify({ folder: name, table }))
    await rename(partial, folder)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
