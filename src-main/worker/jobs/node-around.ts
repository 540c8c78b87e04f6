import { nodesAround } from '../../ml/decode/graph/around'
import { readGraphPack } from '../../ml/decode/graph/pack'
import type { JobHandler } from '../protocol'

/** Features of one node that are told of. */
const mostFeatures = 100

/** Who stands around a node, and its features that are not 0, the largest first. */
const nodeAround: JobHandler<'node-around'> = async ({ node }) => {
  const graph = await readGraphPack(node.path)
  const features: { name: string; value: number }[] = []
  for (let i = 0; i < graph.values.length; i++)
    if (graph.entries[2 * i] === node.index)
      features.push({ name: graph.features[graph.entries[2 * i + 1]!]!, value: graph.values[i]! })
  features.sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
  return { ...nodesAround(graph, node.index), features: features.slice(0, mostFeatures), featureCount: features.length }
}

export default nodeAround
