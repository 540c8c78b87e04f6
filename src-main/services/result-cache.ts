import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { ServiceContext, WorkspacePaths } from './context'
import { runFolder, type RunRow } from './run-queries'

type Schema<T> = { parse(value: unknown): T }

/** What was computed from a run's weights, kept in the cache folder by all that it depends on. */
export class ResultCache {
  constructor(private readonly context: Pick<ServiceContext, 'paths' | 'log'>) {}

  /** What is kept for `key`, else what `compute` gives, which is then kept. */
  async once<T extends { isCached: boolean }>(
    key: unknown[],
    schema: Schema<T>,
    compute: () => Promise<Omit<T, 'isCached'>>,
  ): Promise<T> {
    const file = this.#fileOf(key)
    const known = await readCached(file, schema)
    if (known) return { ...known, isCached: true }
    const computed = { ...(await compute()), isCached: false } as T
    await this.#keep(file, computed)
    return computed
  }

  #fileOf(key: unknown[]): string {
    const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex')
    return join(this.context.paths.cache, 'explanations', hash.slice(0, 2), `${hash}.json`)
  }

  /** A cache that cannot be written costs time, not the answer. */
  async #keep(file: string, value: unknown): Promise<void> {
    const partial = `${file}.${randomUUID().slice(0, 8)}.partial`
    try {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(partial, JSON.stringify(value))
      await rename(partial, file)
    } catch (error) {
      this.context.log('warn', 'explanations', `The answer was not cached: ${(error as Error).message}`)
    }
  }
}

/** Changes whenever the run's weights do; `conflict` when it has none yet. */
export async function weightsKey(paths: Pick<WorkspacePaths, 'runs'>, run: RunRow): Promise<string> {
  if (run.epochs === 0)
    throw new WorkbenchError(
      'conflict',
      `Run "${run.name}" is ${run.status} and has no finished epoch yet; train it first.`,
    )
  const folder = runFolder(paths, run.id)
  const stamps = await Promise.all(
    ['model.safetensors', 'checkpoint.safetensors'].map((name) =>
      stat(join(folder, name)).then(
        ({ mtimeMs, size }) => `${name}:${mtimeMs}:${size}`,
        () => '',
      ),
    ),
  )
  return `${run.id}|${stamps.join('|')}`
}

/** A missing or damaged file is computed anew. */
async function readCached<T>(file: string, schema: Schema<T>): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return null
  }
}
