import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, copyFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { SampleDatasetDescriptor } from '@shared/descriptor'
import { Task } from '@shared/schemas/dataset'
import { WorkbenchError } from '@shared/errors'
import type { ServiceContext } from './context'
import { extractTar } from './tar'

/** What `resources/samples/index.json` says of a bundled dataset. */
const BundledSample = SampleDatasetDescriptor.extend({
  /** Archive of pictures, or a table, below `resources/samples`. */
  path: z.string(),
  sha256: z.string(),
  /** Folder within the archive that holds the classes. */
  root: z.string().optional(),
  target: z.string().optional(),
  task: Task.optional(),
  positive: z.string().optional(),
  sensitive: z.array(z.string()).default([]),
})
export type BundledSample = z.infer<typeof BundledSample>

type Paths = Pick<ServiceContext, 'paths'>

export async function findBundledSample({ paths }: Paths, id: string): Promise<BundledSample> {
  const text = await readFile(join(paths.resources, 'samples', 'index.json'), 'utf8')
  const samples = z.array(BundledSample).parse(JSON.parse(text))
  const sample = samples.find((candidate) => candidate.id === id)
  if (sample) return sample
  const known = samples.map((candidate) => candidate.id).join(', ')
  throw new WorkbenchError('not_found', `No sample dataset "${id}". There are: ${known}.`)
}

/** Puts a bundled dataset into the workspace's files, once; returns the path to import. */
export async function unpackSample(
  { paths, tasks }: Pick<ServiceContext, 'paths' | 'tasks'>,
  sample: BundledSample,
  signal: AbortSignal,
  taskId?: string,
): Promise<string> {
  const out = join(paths.files, 'samples', sample.id)
  const content = join(out, sample.root ?? basename(sample.path))
  if (await exists(content)) return content
  const archive = join(paths.resources, 'samples', sample.path)
  const partial = `${out}.${randomUUID().slice(0, 8)}.partial`
  try {
    await verify(archive, sample)
    await mkdir(dirname(partial), { recursive: true })
    await mkdir(partial)
    if (archive.endsWith('.tar')) await unpackTar(tasks, { ...sample, taskId }, archive, partial, signal)
    else await copyFile(archive, join(partial, basename(archive)))
    await rm(out, { recursive: true, force: true })
    await rename(partial, out)
    return content
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

async function unpackTar(
  tasks: ServiceContext['tasks'],
  { title, taskId }: BundledSample & { taskId?: string },
  archive: string,
  out: string,
  signal: AbortSignal,
): Promise<void> {
  const { size } = await stat(archive)
  await tasks.run({ taskId, title: `Unpacking ${title}`, unit: 'bytes' }, signal, (inner, progress) =>
    extractTar(archive, out, inner, (done) => progress(done, size)),
  )
}

async function verify(path: string, { id, sha256 }: BundledSample): Promise<void> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  if (hash.digest('hex') === sha256) return
  throw new WorkbenchError('internal', `The bundled sample "${id}" is damaged. Install Pellucid again.`)
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
