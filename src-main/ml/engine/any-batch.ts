import { WorkbenchError } from '@shared/errors'
import type { ConstantTensor, GraphBuilder, GraphNode } from './graph-builder'

/**
 * A recorded graph has the batch size of its example frozen into shapes. Given the same computation recorded with two
 * batch sizes, this puts -1 ("whatever is left") where a shape holds the batch size, in `graph`, and so makes it serve any
 * batch. Anything else that differs was random or depends on the batch, and is refused.
 */
export function freeBatchSize(graph: GraphBuilder, other: GraphBuilder, sizes: [number, number]): void {
  if (graph.nodes.length !== other.nodes.length) throw refusal('their ops differ')
  graph.nodes.forEach((node, i) => {
    const twin = other.nodes[i]!
    if (node.op !== twin.op || node.inputs.join() !== twin.inputs.join()) throw refusal(`op ${node.name} differs`)
    const [mine, its] = [constantOf(node), constantOf(twin)]
    if (mine && its) freeConstant(node, mine, its, sizes)
  })
}

function constantOf({ attributes }: GraphNode): ConstantTensor | null {
  const value = attributes['value']
  return value?.kind === 'tensor' ? value.value : null
}

function freeConstant(node: GraphNode, mine: ConstantTensor, its: ConstantTensor, [size, otherSize]: [number, number]) {
  if (mine.data.length !== its.data.length) throw refusal(`constant ${node.name} changes its shape`)
  const differing = [...mine.data.keys()].filter((i) => mine.data[i] !== its.data[i])
  if (differing.length === 0) return
  const [at] = differing
  const isBatch = mine.dtype === 'int32' && mine.data[at!] === size && its.data[at!] === otherSize
  if (!isBatch || differing.length > 1) throw refusal(`constant ${node.name} changes from run to run`)
  mine.data[at!] = -1
}

const refusal = (why: string) =>
  new WorkbenchError('incompatible', `This network cannot be written as a graph for any batch size: ${why}.`)
