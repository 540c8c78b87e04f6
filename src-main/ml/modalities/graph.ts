import { bareName, isTableName } from '@shared/file-kinds'
import { compareNatural } from '@shared/natural-order'
import { Split, type Inspection } from '@shared/schemas/dataset'
import { looksLikeGraph, openGraph } from '../decode/graph/open'
import { isGraphTable } from '../decode/graph/tables'
import { degreesOf } from '../decode/graph/pack'
import { pictureExtensions } from '../decode/picture'
import { defineModality, type NamedPath } from './define'

const tables = ['csv', 'tsv', 'tab']

const isOfTables = ({ path, isFolder, extensions }: NamedPath) =>
  isFolder
    ? tables.some((extension) => extensions.has(extension)) && !pictureExtensions.some((one) => extensions.has(one))
    : isTableName(path) && isGraphTable(path)

/** One graph whose nodes have a class each: a list of edges, with tables of nodes and of sparse features. */
export default defineModality({
  id: 'graph',
  title: 'Graph',
  extensions: tables,
  viewer: 'graph',
  labelKinds: ['class'],

  accepts: (paths) => paths.every(isOfTables),
  recognises: (paths, signal) => looksLikeGraph(paths, signal),

  async inspect(paths, { signal }): Promise<Inspection> {
    const graph = await openGraph(paths, signal)
    const counts = new Map<string, number>()
    for (const { className } of graph.nodes)
      if (className !== null) counts.set(className, (counts.get(className) ?? 0) + 1)
    const labelled = [...counts.values()].reduce((sum, n) => sum + n, 0)
    const splits = new Set(graph.nodes.map(({ split }) => split))
    const degrees = degreesOf(graph.nodes.length, graph.ends)
    const alone = degrees.filter((degree) => degree === 0).length
    const notes = [graph.layout, ...graph.notes]
    if (alone > 0) notes.push(`${alone} nodes have no edge; networks see nothing but their own features.`)
    if (labelled > 0 && labelled < graph.nodes.length)
      notes.push(`${graph.nodes.length - labelled} nodes have no class yet.`)
    const found = Split.options.filter((split) => splits.has(split))
    if (found.length > 0) notes.push(`Fixed splits were found: ${found.join(', ')}.`)
    return {
      modality: 'graph',
      choices: ['graph'],
      suggestedName: bareName(paths[0]!) || 'Graph',
      sampleCount: graph.nodes.length,
      classes: [...counts].map(([name, n]) => ({ name, count: n })).sort((a, b) => compareNatural(a.name, b.name)),
      splits: found,
      fields: [],
      head: [],
      suggestedTarget: null,
      notes,
      skipped: [],
      graph: {
        edges: graph.weights.length,
        features: graph.features.length,
        mostNeighbours: degrees.reduce((most, degree) => Math.max(most, degree), 0),
        meanNeighbours: (2 * graph.weights.length) / graph.nodes.length,
      },
    }
  },
})
