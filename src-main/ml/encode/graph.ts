import { WorkbenchError } from '@shared/errors'
import { graphArrays, readGraphPack, type GraphSizes, type NodePlace } from '../decode/graph/pack'
import type { NamedArray } from '../safetensors'
import type { PredictInput } from '../snapshot'

/**
 * A node is encoded as its place in the graph, [1]: networks hold the graph itself, since what they say of one node depends
 * on the others.
 */
export interface GraphEncoding {
  kind: 'graph'
  /** The pack that the graph was read from; a trained network has all of it among its weights. */
  path: string
  sizes: GraphSizes
  /** Whether a node's values are divided by their sum; else they stay as they are. */
  isShare: boolean
  rule: string
}

/** Reads the graph's sizes, and says how its features come into a network. */
export async function fitGraph(places: (NodePlace | undefined)[]): Promise<GraphEncoding> {
  const path = places[0]?.path
  if (path === undefined || places.some((place) => place?.path !== path))
    throw new WorkbenchError('invalid_input', 'The samples are not the nodes of one graph. Import the graph again.')
  const { sizes, values } = await readGraphPack(path)
  const isShare = values.every((value) => value >= 0)
  const rule =
    `The node's place in the graph of ${sizes.nodes} nodes and ${sizes.edges} edges, which the network holds; ` +
    (isShare
      ? "a node's features are divided by their sum."
      : "a node's features are taken as they are, since some are negative.")
  return { kind: 'graph', path, sizes, isShare, rule }
}

/** The graph as the weights that a network keeps it in. */
export async function graphWeights({ path, isShare }: GraphEncoding): Promise<NamedArray[]> {
  const { arrays, entries, values, sizes } = await readGraphPack(path)
  if (!isShare) return arrays
  const sums = new Float64Array(sizes.nodes)
  values.forEach((value, i) => (sums[entries[2 * i]!]! += value))
  const shares = values.map((value, i) => value / sums[entries[2 * i]!]!)
  return arrays.map((array) => (array.name === graphArrays.values ? { ...array, data: shares } : array))
}

/** Places of nodes, [n, 1]. */
export function encodeNodes({ sizes }: GraphEncoding, samples: Pick<PredictInput, 'node'>[]): Float32Array {
  return Float32Array.from(samples, ({ node }) => {
    if (node && node.index < sizes.nodes) return node.index
    throw new WorkbenchError(
      'incompatible',
      'This model answers for the nodes of the graph that it was trained on, and for no others.',
    )
  })
}
