import { WorkbenchError } from '@shared/errors'
import { modalityFacts } from '@shared/modalities'
import type { NodeAround } from '@shared/schemas/dataset'
import type { ServiceContext } from './context'
import { nodePlace, resolveSample, type DatasetRow, type SampleRow } from './dataset-queries'

/** A node with those around it, under the classes that they have now. Throws `incompatible` where there is no graph. */
export async function nodeAround(
  { db, jobs, paths }: Pick<ServiceContext, 'db' | 'jobs' | 'paths'>,
  dataset: DatasetRow,
  sample: string,
  signal: AbortSignal,
): Promise<NodeAround> {
  if (dataset.modality !== 'graph')
    throw new WorkbenchError(
      'incompatible',
      `"${dataset.name}" holds ${modalityFacts[dataset.modality].many}, which have no neighbours; this needs a graph.`,
    )
  const node = nodePlace(paths, await resolveSample(db, dataset.id, sample))
  const { nodes, ...around } = await jobs.run('decode', 'node-around', { node }, { signal })
  const rows = await db.all<SampleRow & { class_name: string | null }>(
    `SELECT samples.*, classes.name AS class_name
     FROM json_each(?) AS wanted
     JOIN samples ON samples.dataset_id = ? AND samples.pack_offset = wanted.value
     LEFT JOIN classes ON classes.id = samples.class_id`,
    JSON.stringify(nodes.map(({ index }) => index)),
    dataset.id,
  )
  const byPlace = new Map(rows.map((row) => [row.pack_offset, row]))
  return {
    ...around,
    nodes: nodes.map(({ index, hop }) => {
      const row = byPlace.get(index)!
      return { sampleId: row.id, name: row.path ?? String(index), className: row.class_name, hop }
    }),
  }
}
