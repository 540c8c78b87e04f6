import { dirname, resolve } from 'node:path'
import type { Sample } from '@shared/schemas/dataset'
import { isFiles } from '@shared/modalities'
import type { Queries } from '../db/database'
import type { HashedFile } from '../worker/protocol'
import type { ServiceContext } from './context'
import { relativePath, samplePath, type DatasetRow, type SampleRow } from './dataset-queries'
import { touch } from './edits'
import type { SourceFile } from './incoming'
import type { Progress } from './tasks'

type Checked = { ok: number; missing: number; changed: number }
type State = Sample['state']
const pageSize = 500

/** Looks whether each original is still there and unchanged (size and time, else its hash); keeps what it finds. */
export async function checkOriginals(
  context: Pick<ServiceContext, 'db' | 'jobs'>,
  dataset: DatasetRow,
  signal: AbortSignal,
  progress: Progress,
): Promise<Checked> {
  const { db } = context
  if (!isFiles(dataset.modality)) return checkTable(context, dataset, signal)
  const total = (await db.get<{ n: number }>('SELECT count(*) AS n FROM samples WHERE dataset_id = ?', dataset.id))!.n
  const counts: Checked = { ok: 0, missing: 0, changed: 0 }
  for (let after = 0; ;) {
    const page = await db.all<SampleRow>(
      'SELECT * FROM samples WHERE dataset_id = ? AND row > ? ORDER BY row LIMIT ?',
      dataset.id,
      after,
      pageSize,
    )
    if (page.length === 0) break
    const files = await look(
      context,
      page.map((row) => originalOf(dataset, row)),
      signal,
    )
    const states = page.map((row, i) => stateOf(row, files[i]!))
    for (const state of states) counts[state]++
    await storeStates(db, dataset.id, page, states)
    after = page.at(-1)!.row
    progress(after, total)
  }
  return counts
}

const originalOf = (dataset: DatasetRow, row: SampleRow) => ({
  path: samplePath(dataset, row),
  // What was found changed is read again, since size and time tell nothing then.
  sizeBytes: row.state === 'changed' ? null : row.size_bytes,
  modifiedAt: row.state === 'changed' ? null : row.modified_at,
})

function stateOf(known: Pick<SampleRow, 'hash'>, { hash }: HashedFile): State {
  if (hash === 'missing') return 'missing'
  return hash === null || hash === known.hash ? 'ok' : 'changed'
}

async function look(
  { jobs }: Pick<ServiceContext, 'jobs'>,
  files: { path: string; sizeBytes: number | null; modifiedAt: number | null }[],
  signal: AbortSignal,
): Promise<HashedFile[]> {
  const found: HashedFile[] = []
  await jobs.run('decode', 'hash-files', { files }, { signal, onEvent: (event) => void found.push(...event.files) })
  return found
}

async function storeStates(db: ServiceContext['db'], datasetId: string, page: SampleRow[], states: State[]) {
  const changed = page.flatMap(({ id, state }, i) => (state === states[i] ? [] : [[id, states[i]]]))
  if (changed.length === 0) return
  await db.transaction(async (tx) => {
    await tx.run(
      `UPDATE samples SET state = found.state
       FROM (SELECT value ->> 0 AS id, value ->> 1 AS state FROM json_each(?)) AS found WHERE samples.id = found.id`,
      JSON.stringify(changed),
    )
    await touch(tx, datasetId)
  })
}

/** A table's rows and series live in the workspace; only the files that they came from are looked at. */
async function checkTable(
  context: Pick<ServiceContext, 'db' | 'jobs'>,
  dataset: DatasetRow,
  signal: AbortSignal,
): Promise<Checked> {
  const sources = JSON.parse(dataset.sources) as SourceFile[]
  const files = await look(context, sources, signal)
  const counts: Checked = { ok: 0, missing: 0, changed: 0 }
  sources.forEach((source, i) => counts[stateOf(source, files[i]!)]++)
  return counts
}

/** Finds originals that were moved: files below `folder` with the same content. */
export async function relinkOriginals(
  context: Pick<ServiceContext, 'db' | 'jobs'>,
  dataset: DatasetRow,
  folder: string,
  signal: AbortSignal,
  progress: Progress,
): Promise<{ relinked: number; stillMissing: number }> {
  const { db, jobs } = context
  const lost = await lostOriginals(context, dataset, signal)
  if (lost.length === 0) return { relinked: 0, stillMissing: 0 }
  const byHash = new Map<string, HashedFile[]>()
  const sizes = [...new Set(lost.map(({ sizeBytes }) => sizeBytes))]
  await jobs.run(
    'decode',
    'hash-files',
    { folder: resolve(folder), sizes },
    {
      signal,
      onEvent: ({ files, done, total }) => {
        for (const file of files) if (file.hash) byHash.set(file.hash, [...(byHash.get(file.hash) ?? []), file])
        progress(done, total)
      },
    },
  )
  const found = lost.flatMap((original) => {
    const file = bestMatch(original.path, byHash.get(original.hash) ?? [])
    return file ? [{ original, file }] : []
  })
  if (found.length > 0) await db.transaction((tx) => store(tx, dataset, found))
  return { relinked: found.length, stillMissing: lost.length - found.length }
}

interface Lost {
  /** Sample id; null for a table's file. */
  id: number | null
  path: string
  hash: string
  sizeBytes: number
}

async function lostOriginals(
  context: Pick<ServiceContext, 'db' | 'jobs'>,
  dataset: DatasetRow,
  signal: AbortSignal,
): Promise<Lost[]> {
  if (!isFiles(dataset.modality)) {
    const sources = JSON.parse(dataset.sources) as SourceFile[]
    const files = await look(context, sources, signal)
    const lost = sources.filter((source, i) => stateOf(source, files[i]!) !== 'ok')
    return lost.map(({ path, hash, sizeBytes }) => ({ id: null, path, hash, sizeBytes }))
  }
  const rows = await context.db.all<{ id: number; path: string; hash: string; size_bytes: number }>(
    "SELECT id, path, hash, size_bytes FROM samples WHERE dataset_id = ? AND state <> 'ok' ORDER BY row",
    dataset.id,
  )
  return rows.map(({ id, path, hash, size_bytes }) => ({ id, path, hash, sizeBytes: size_bytes }))
}

/** Of several files with the same content, the one whose path ends most like the old one. */
function bestMatch(oldPath: string, files: HashedFile[]): HashedFile | null {
  const old = oldPath.split(/[\\/]/).reverse()
  const likeness = ({ path }: HashedFile) => {
    const parts = path.split(/[\\/]/).reverse()
    const differs = old.findIndex((part, i) => part !== parts[i])
    return differs < 0 ? old.length : differs
  }
  return files.reduce<HashedFile | null>((best, file) => (!best || likeness(file) > likeness(best) ? file : best), null)
}

type Relinked = { original: Lost; file: HashedFile }[]

async function store(tx: Queries, dataset: DatasetRow, found: Relinked): Promise<void> {
  if (!isFiles(dataset.modality)) return storeTableSource(tx, dataset, found)
  const newRoot = await movedRoot(tx, dataset, found)
  if (newRoot) await tx.run('UPDATE datasets SET source_path = ? WHERE id = ?', newRoot, dataset.id)
  const root = newRoot ?? dataset.source_path
  const rows = found.map(({ original, file }) => [
    original.id,
    relativePath(root, file.path),
    file.sizeBytes,
    file.modifiedAt,
  ])
  await tx.run(
    `UPDATE samples SET path = found.path, size_bytes = found.size_bytes, modified_at = found.modified_at, state = 'ok'
     FROM (SELECT value ->> 0 AS id, value ->> 1 AS path, value ->> 2 AS size_bytes, value ->> 3 AS modified_at
           FROM json_each(?)) AS found WHERE samples.id = found.id`,
    JSON.stringify(rows),
  )
  await touch(tx, dataset.id)
}

/** The folder that the whole dataset moved to, when all of its files were found below it in their old places. */
async function movedRoot(tx: Queries, dataset: DatasetRow, found: Relinked): Promise<string | null> {
  const all = await tx.get<{ n: number }>('SELECT count(*) AS n FROM samples WHERE dataset_id = ?', dataset.id)
  if (all!.n !== found.length) return null
  const depth = found[0]!.original.path.split('/').length
  let root = found[0]!.file.path
  for (let i = 0; i < depth; i++) root = dirname(root)
  return found.every(({ original, file }) => relativePath(root, file.path) === original.path) ? root : null
}

async function storeTableSource(tx: Queries, dataset: DatasetRow, found: Relinked): Promise<void> {
  const sources = (JSON.parse(dataset.sources) as SourceFile[]).map((source) => {
    const match = found.find(({ original }) => original.path === source.path)
    return match ? { ...source, path: match.file.path, modifiedAt: match.file.modifiedAt } : source
  })
  await tx.run(
    'UPDATE datasets SET sources = ?, source_path = ? WHERE id = ?',
    JSON.stringify(sources),
    sources[0]?.path ?? dataset.source_path,
    dataset.id,
  )
}
