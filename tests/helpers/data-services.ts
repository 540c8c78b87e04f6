import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import sharp from 'sharp'
import { contract, type Emit, type EventName, type Method } from '@shared/contract'
import { ImportSpec } from '@shared/schemas/dataset'
import { Settings } from '@shared/schemas/workspace'
import type { Db } from '@main/db/database'
import { AnnotationService } from '@main/services/annotation-service'
import type { ServiceContext } from '@main/services/context'
import { DatasetService } from '@main/services/dataset-service'
import { SampleFiles } from '@main/services/sample-files'
import { Tasks } from '@main/services/tasks'
import { inProcessJobs } from './in-process-jobs'
import { openTempDb, tempFolder } from './temp-db'

export interface DataServices {
  folder: string
  context: ServiceContext
  db: Db
  datasets: DatasetService
  annotations: AnnotationService
  files: SampleFiles
  events: { event: EventName; payload: unknown }[]
  /** Imports with every default; the schema fills in what is left out. */
  importFiles(
    paths: string[],
    spec?: Partial<Parameters<typeof ImportSpec.parse>[0] & object>,
  ): ReturnType<DatasetService['import']>
}

export const never = new AbortController().signal

/** The data services on a real database and the real decode jobs, in a folder of the test's own. */
export async function dataServices(
  options: { db?: Db; folder?: string; jobs?: ServiceContext['jobs'] } = {},
): Promise<DataServices> {
  const folder = options.folder ?? (await tempFolder())
  const db = options.db ?? (await openTempDb())
  const events: DataServices['events'] = []
  const emit: Emit = (event, payload) => void events.push({ event, payload })
  const at = (name: string) => join(folder, 'workspace', name)
  const paths = {
    root: at(''),
    database: (await db.get<{ file: string }>('SELECT file FROM pragma_database_list'))!.file,
    runs: at('runs'),
    cache: at('cache'),
    files: at('files'),
    resources: resolve(import.meta.dirname, '../../resources'),
  }
  const context: ServiceContext = {
    db,
    jobs: options.jobs ?? inProcessJobs,
    emit,
    paths,
    tasks: new Tasks(emit),
    settings: async () => Settings.parse({}),
    log: () => {},
  }
  const datasets = new DatasetService(context)
  return {
    folder,
    context,
    db,
    datasets,
    annotations: new AnnotationService(context),
    files: new SampleFiles(context),
    events,
    importFiles: (files, spec = {}) => datasets.import(ImportSpec.parse({ paths: files, name: 'set', ...spec }), never),
  }
}

/** Checks a reply against the contract, as the door does not at run time. */
export const parseOutput = (method: Method, value: unknown) => contract[method].output.parse(value)

/** A small picture of one colour; the same colour gives the same bytes. */
export const png = (colour: string, size = 8) =>
  sharp({ create: { width: size, height: size, channels: 3, background: colour } })
    .png()
    .toBuffer()

/** A colour of its own for each number, so that no two pictures are identical. */
export const colourOf = (n: number) => `#${((n * 2654435761) % 0xffffff).toString(16).padStart(6, '0')}`

/** Writes files by relative path; returns the folder. */
export async function writeTree(root: string, tree: Record<string, Buffer | string>): Promise<string> {
  for (const [name, content] of Object.entries(tree)) {
    const path = join(root, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
  return root
}

/** `perClass` different pictures in each class folder. */
export async function writeClasses(root: string, classes: string[], perClass: number): Promise<string> {
  const tree: Record<string, Buffer> = {}
  for (const [c, name] of classes.entries())
    for (let i = 0; i < perClass; i++) tree[`${name}/${i + 1}.png`] = await png(colourOf(c * perClass + i))
  return writeTree(root, tree)
}

/** Waits for a call to fail and returns its error. */
export async function failure(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  return promise.then(
    () => {
      throw new Error('Expected a failure, but the call succeeded.')
    },
    (error) => error,
  )
}
