import type { Around } from '@shared/graph-layout'
import type { PackedGraph } from './pack'

/** Nodes that one picture can show. */
const mostShown = 60

/** A node with its neighbours and theirs, as many as a picture shows; `left`: how many of those that near are not. */
export function nodesAround(
  { sizes, ends }: Pick<PackedGraph, 'sizes' | 'ends'>,
  index: number,
): Around & { left: number } {
  const neighbours = neighboursOf(sizes.nodes, ends)
  const places = new Map([[index, 0]])
  const nodes = [{ index, hop: 0 }]
  let left = 0
  const far = new Set<number>()
  for (let at = 0; at < nodes.length; at++) {
    const { index: own, hop } = nodes[at]!
    if (hop === 2) break
    for (const other of neighbours(own)) {
      if (places.has(other)) continue
      if (nodes.length >= mostShown) far.add(other)
      else {
        places.set(other, nodes.length)
        nodes.push({ index: other, hop: hop + 1 })
      }
    }
  }
  left = far.size
  const edges: [number, number][] = []
  for (let i = 0; i < ends.length; i += 2) {
    const [a, b] = [places.get(ends[i]!), places.get(ends[i + 1]!)]
    if (a !== undefined && b !== undefined) edges.push([a, b])
  }
  return { nodes, edges, left }
}

/** A look-up of each node's neighbours, made in one pass over the edges. */
export function neighboursOf(nodes: number, ends: Float32Array): (node: number) => Int32Array {
  const starts = new Int32Array(nodes + 1)
  for (const end of ends) starts[end + 1]!++
  for (let i = 0; i < nodes; i++) starts[i + 1]! += starts[i]!
  const next = starts.slice(0, nodes)
  const lists = new Int32Array(ends.length)
  for (let i = 0; i < ends.length; i += 2) {
    const [a, b] = [ends[i]!, ends[i + 1]!]
    lists[next[a]!++] = b
    lists[next[b]!++] = a
  }
  return (node) => lists.subarray(starts[node]!, starts[node + 1]!)
}
