import { readFile } from 'node:fs/promises'
import { WorkbenchError } from '@shared/errors'
import { decodeArrays, encodeArrays, type NamedArray } from '../../safetensors'
import type { ReadGraph } from './draft'

/** Where a node lies: the pack of its graph, and its place in it from 0. */
export interface NodePlace {
  /** Absolute path of the pack. */
  path: string
  index: number
}

/** How large a graph is; `entries` are values of features that are not 0. */
export interface GraphSizes {
  nodes: number
  edges: number
  features: number
  entries: number
}

/** Arrays of a pack, named as the weights that a network keeps them in: all float32. */
export const graphArrays = {
  /** [edges, 2], each undirected edge once. */
  ends: 'graph/ends',
  /** [edges, 1] */
  weights: 'graph/weights',
  /** [entries, 2]: node, feature. */
  entries: 'graph/entries',
  /** [entries, 1] */
  values: 'graph/values',
} as const

/** A graph's numbers in safetensors' layout, with the names of its features. */
export function encodeGraph({ nodes, ends, weights, entries, values, features }: ReadGraph): Buffer[] {
  const arrays: NamedArray[] = [
    { name: graphArrays.ends, shape: [weights.length, 2], data: ends },
    { name: graphArrays.weights, shape: [weights.length, 1], data: weights },
    { name: graphArrays.entries, shape: [values.length, 2], data: entries },
    { name: graphArrays.values, shape: [values.length, 1], data: values },
  ]
  return encodeArrays(arrays, { nodes: String(nodes.length), features: JSON.stringify(features) })
}

export interface PackedGraph {
  sizes: GraphSizes
  arrays: NamedArray[]
  ends: Float32Array
  weights: Float32Array
  entries: Float32Array
  values: Float32Array
  features: string[]
}

/** Reads a pack. Throws `not_found` where it is gone, `invalid_input` where it is damaged. */
export async function readGraphPack(path: string): Promise<PackedGraph> {
  const bytes = await readFile(path).catch(() => {
    throw new WorkbenchError('not_found', `The workspace's copy of the graph, ${path}, is gone. Import it again.`)
  })
  const { arrays, metadata } = decodeArrays(bytes)
  const dataOf = (name: string) => {
    const found = arrays.find((array) => array.name === name)
    if (found) return found.data
    throw new WorkbenchError('invalid_input', `The workspace's copy of the graph, ${path}, lacks "${name}".`)
  }
  const features = JSON.parse(metadata['features'] ?? '[]') as string[]
  const [ends, weights] = [dataOf(graphArrays.ends), dataOf(graphArrays.weights)]
  const [entries, values] = [dataOf(graphArrays.entries), dataOf(graphArrays.values)]
  const sizes = {
    nodes: Number(metadata['nodes']),
    edges: weights.length,
    features: features.length,
    entries: values.length,
  }
  return { sizes, arrays, ends, weights, entries, values, features }
}

/** How many edges each node has, [nodes]. */
export function degreesOf(nodes: number, ends: Float32Array): Int32Array {
  const degrees = new Int32Array(nodes)
  for (const end of ends) degrees[end]!++
  return degrees
}
