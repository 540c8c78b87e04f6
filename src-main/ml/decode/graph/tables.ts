import { basename } from 'node:path'
import { bareName } from '@shared/file-kinds'
import type { TableSource } from '../tables/define'
import { openTable } from '../table-file'
import { bad, GraphDraft, splitOfCell, type ReadGraph } from './draft'

/** What the tables of a graph are called, as the end of their file's name. */
const roles = {
  edges: /(^|[._ -])(edges?|links?|cites|edgelist|edge[_-]list|relations?)$/i,
  nodes: /(^|[._ -])(nodes?|vertices|vertex|content|labels?)$/i,
  features: /(^|[._ -])(features?|attributes?)$/i,
} as const

export type GraphTables = { edges: string } & Partial<Record<'nodes' | 'features', string>>

/** Whether a file is called like a table of a graph. */
export const isGraphTable = (path: string) => Object.values(roles).some((role) => role.test(bareName(path)))

/** The tables of one graph among files, or null where none is called its edges. */
export function tablesOf(paths: string[]): GraphTables | null {
  const named = (role: RegExp) => paths.filter((path) => role.test(bareName(path)))
  const found = { edges: named(roles.edges), nodes: named(roles.nodes), features: named(roles.features) }
  if (found.edges.length === 0) return null
  for (const [role, files] of Object.entries(found))
    if (files.length > 1)
      throw bad(files.map((path) => basename(path)).join(' and '), `both look like the ${role} of one graph`)
  const [edges, nodes, features] = [found.edges[0]!, found.nodes[0], found.features[0]]
  return { edges, ...(nodes && { nodes }), ...(features && { features }) }
}

const columns = {
  from: /^(source|from|src|start|a|node_?1|u)$/i,
  to: /^(target|to|dst|dest|destination|end|b|node_?2|v)$/i,
  weight: /^(weights?|strength)$/i,
  id: /^(id|node(_?id)?|name|vertex|key)$/i,
  class: /^(class|label|target|category|community|group|club|y)$/i,
  split: /^(split|set|part|fold)$/i,
  feature: /^(features?|attribute|word|term|key|column)(_?id)?$/i,
  value: /^(value|weight|count|x)$/i,
} as const

/** Reads a list of edges, with tables of nodes and of (sparse) features where there are such. */
export async function readGraphTables(tables: GraphTables, signal: AbortSignal): Promise<ReadGraph> {
  const draft = new GraphDraft(!tables.nodes)
  const notes: string[] = []
  if (tables.nodes) notes.push(await readNodes(draft, tables.nodes, signal))
  await readEdges(draft, tables.edges, signal)
  if (tables.features) await readFeatures(draft, tables.features, signal)
  const graph = draft.finish(basename(tables.edges))
  return { ...graph, notes: [...notes, ...graph.notes].filter(Boolean) }
}

type Row = { cells: string[]; where: string }

/** Rows with as many cells as there are columns; a first line that is no heading counts as one. */
async function* rowsOf(path: string, table: TableSource, isHeading: boolean, signal: AbortSignal): AsyncGenerator<Row> {
  const file = basename(path)
  if (!isHeading) yield { cells: table.names, where: `${file}, line 1` }
  for await (const row of table.rows(signal)) {
    const where = `${file}, ${table.unit} ${row.at}`
    if ('problem' in row) throw bad(where, row.problem)
    if (row.cells.length < table.names.length)
      throw bad(where, `expected ${table.names.length} cells, got ${row.cells.length}`)
    yield { cells: row.cells, where }
  }
}

/** The column of that name, else the one at `at`. */
const columnOf = ({ names }: TableSource, name: RegExp, at: number) => {
  const found = names.findIndex((column) => name.test(column.trim()))
  return found >= 0 ? found : at
}

const isNumber = (cell: string) => cell !== '' && Number.isFinite(Number(cell))

async function readEdges(draft: GraphDraft, path: string, signal: AbortSignal): Promise<void> {
  const table = await openTable(path, signal)
  if (table.names.length < 2) throw bad(basename(path), 'a list of edges needs two columns, one for each end')
  const from = columnOf(table, columns.from, 0)
  const to = columnOf(table, columns.to, from === 1 ? 0 : 1)
  const weight = columnOf(table, columns.weight, -1)
  const isHeading = !(isNumber(table.names[from]!) && isNumber(table.names[to]!))
  for await (const { cells, where } of rowsOf(path, table, isHeading, signal)) {
    const own = weight < 0 ? 1 : isNumber(cells[weight]!) ? Number(cells[weight]) : NaN
    draft.addEdge(cells[from]!, cells[to]!, own, where)
  }
}

/** Columns of numbers beside name, class and split become features, brought to mean 0 and deviation 1. */
async function readNodes(draft: GraphDraft, path: string, signal: AbortSignal): Promise<string> {
  const table = await openTable(path, signal)
  const [id, own, split] = [
    columnOf(table, columns.id, 0),
    columnOf(table, columns.class, -1),
    columnOf(table, columns.split, -1),
  ]
  const rest = table.names.flatMap((_, at) => (at === id || at === own || at === split ? [] : [at]))
  const cells: string[][] = rest.map(() => [])
  for await (const row of rowsOf(path, table, true, signal)) {
    const className = own < 0 ? '' : row.cells[own]!
    draft.addNode(
      row.cells[id]!,
      className === '' ? null : className,
      split < 0 ? null : splitOfCell(row.cells[split]!),
      row.where,
    )
    rest.forEach((at, k) => cells[k]!.push(row.cells[at]!))
  }
  const numbers = rest.flatMap((at, k) => (cells[k]!.every((cell) => cell === '' || isNumber(cell)) ? [{ at, k }] : []))
  for (const { at, k } of numbers) addColumn(draft, table.names[at]!, cells[k]!, basename(path))
  const ignored = rest.filter((at) => !numbers.some((one) => one.at === at)).map((at) => `"${table.names[at]}"`)
  const said: string[] = []
  if (numbers.length > 0)
    said.push(
      `${numbers.length} columns of the node table are features, each at mean 0 and deviation 1 over all nodes.`,
    )
  if (ignored.length > 0)
    said.push(`Left out of the node table, as they are neither numbers nor the class: ${ignored.join(', ')}.`)
  return said.join(' ')
}

/** An empty cell counts as the mean. */
function addColumn(draft: GraphDraft, name: string, cells: string[], where: string): void {
  const known = cells.filter((cell) => cell !== '').map(Number)
  const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length)
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, known.length)
  if (variance === 0) return
  const deviation = Math.sqrt(variance)
  cells.forEach((cell, at) => cell !== '' && draft.addValueAt(at, name, (Number(cell) - mean) / deviation, where))
}

async function readFeatures(draft: GraphDraft, path: string, signal: AbortSignal): Promise<void> {
  const table = await openTable(path, signal)
  const count = table.names.length
  if (count < 2) throw bad(basename(path), 'a table of features needs a column for the node and one for the feature')
  const node = columnOf(table, columns.id, 0)
  const feature = columnOf(table, columns.feature, node === 1 ? 0 : 1)
  const isSparse = columns.feature.test(table.names[feature]!) && count <= 3
  const value = count === 3 ? [0, 1, 2].find((at) => at !== node && at !== feature)! : -1
  for await (const { cells, where } of rowsOf(path, table, true, signal)) {
    const name = cells[node]!
    if (isSparse) draft.addValue(name, cells[feature]!, value < 0 ? 1 : Number(cells[value] || NaN), where)
    else
      cells.forEach((cell, at) => at !== node && draft.addValue(name, table.names[at]!, cell ? Number(cell) : 0, where))
  }
}
