import { WorkbenchError } from '@shared/errors'
import { isTableName } from '@shared/file-kinds'
import { findFiles } from '../walk'
import type { ReadGraph } from './draft'
import { readGraphTables, tablesOf } from './tables'

export interface OpenedGraph extends ReadGraph {
  root: string
  layout: string
}

/** Whether files of these names are the tables of a graph. */
export async function looksLikeGraph(paths: string[], signal: AbortSignal): Promise<boolean> {
  return tablesOf(await tableFiles(paths, signal).then(({ files }) => files)) !== null
}

async function tableFiles(paths: string[], signal: AbortSignal) {
  const { root, files } = await findFiles(paths, signal)
  const most = 50
  // More tables than that are no graph, and need no look at their names.
  return { root, files: files.length > most ? [] : files.map(({ path }) => path).filter(isTableName) }
}

/** Reads the one graph that these paths hold. Throws `invalid_input` that says what is lacking or does not fit. */
export async function openGraph(paths: string[], signal: AbortSignal): Promise<OpenedGraph> {
  const { root, files } = await tableFiles(paths, signal)
  const tables = tablesOf(files)
  if (!tables)
    throw new WorkbenchError(
      'invalid_input',
      `"${paths[0]}" holds no graph. Expected a table named edges (source, target), and beside it, where there are such, nodes (id, class, split) and features (node, feature, value), as CSV or TSV.`,
    )
  const graph = await readGraphTables(tables, signal)
  const parts = ['edges', ...(tables.nodes ? ['nodes'] : []), ...(tables.features ? ['features'] : [])]
  return { ...graph, root, layout: `A graph from its tables of ${parts.join(', ')}; edges count in both directions.` }
}
