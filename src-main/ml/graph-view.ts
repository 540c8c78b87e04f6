import { tensorData } from '@shared/tensor-data'
import type { GraphPart } from '@shared/schemas/explanation'
import { neighboursOf } from './decode/graph/around'
import { graphArrays } from './decode/graph/pack'
import { forward } from './evaluate'
import { GraphSource, NeighbourSum } from './layers/graph'
import { sumByRow } from './layers/rows'
import { tf, type LayersModel, type Tensor } from './tf'
import type { SampleView } from './trained'

/** Edges that one explanation asks about, the nearest first; the others stay as they are. */
const mostEdges = 400

interface Near {
  /** Places of the node's own values among the graph's. */
  entries: number[]
  /** Places of edges that its answer can depend on. */
  edges: number[]
  part: GraphPart
}

/**
 * What a node's answer can depend on: its own feature values, and the edges within as many steps as the network has layers.
 */
export class NearNodes {
  readonly #lists: Record<'ends' | 'entries', Float32Array>
  readonly #neighbours: (node: number) => Int32Array
  readonly #hops: number

  /** @param features names of the graph's features */
  constructor(
    model: LayersModel,
    nodes: number,
    private readonly features: string[],
  ) {
    const read = (name: string) =>
      model.weights
        .find(({ originalName }) => originalName === name)!
        .read()
        .dataSync<'float32'>()
    this.#lists = { ends: read(graphArrays.ends), entries: read(graphArrays.entries) }
    this.#neighbours = neighboursOf(nodes, this.#lists.ends)
    this.#hops = model.layers.filter((layer) => layer instanceof NeighbourSum).length
  }

  of(node: number): Near {
    const hops = this.#within(node)
    const { ends, entries } = this.#lists
    const own: number[] = []
    for (let i = 0; i < entries.length; i += 2) if (entries[i] === node) own.push(i / 2)
    const edges: { at: number; hop: number }[] = []
    for (let at = 0; at < ends.length / 2; at++) {
      const [a, b] = [hops.get(ends[2 * at]!), hops.get(ends[2 * at + 1]!)]
      // An edge between two nodes at the rim would need one layer more to be heard.
      if (a !== undefined && b !== undefined && Math.min(a, b) < this.#hops) edges.push({ at, hop: Math.min(a, b) })
    }
    edges.sort((x, y) => x.hop - y.hop || x.at - y.at)
    const asked = edges.slice(0, mostEdges).map(({ at }) => at)
    return { entries: own, edges: asked, part: this.#part(node, hops, own, asked, edges.length - asked.length) }
  }

  /** Nodes by how many edges they are away. */
  #within(node: number): Map<number, number> {
    const hops = new Map([[node, 0]])
    for (const [own, hop] of hops)
      if (hop < this.#hops) for (const other of this.#neighbours(own)) if (!hops.has(other)) hops.set(other, hop + 1)
    return hops
  }

  #part(node: number, hops: Map<number, number>, own: number[], asked: number[], left: number): GraphPart {
    const { ends, entries } = this.#lists
    const places = new Map([[node, 0]])
    const placeOf = (index: number) => {
      if (!places.has(index)) places.set(index, places.size)
      return places.get(index)!
    }
    const edges = asked.map((at): [number, number] => [placeOf(ends[2 * at]!), placeOf(ends[2 * at + 1]!)])
    return {
      nodes: [...places.keys()].map((index) => ({ row: index + 1, hop: hops.get(index)! })),
      edges,
      features: own.map((at) => this.features[entries[2 * at + 1]!] ?? `feature ${entries[2 * at + 1]! + 1}`),
      left,
    }
  }
}

/**
 * A node as explanations see it: a 1 for each of its feature values and for each edge near it, [1, features + edges], of
 * which 0 means that there is no such value or edge.
 */
export function viewOfNode(near: NearNodes, encoded: Tensor, network: LayersModel): SampleView {
  const source = network.layers.find((layer) => layer instanceof GraphSource) as GraphSource
  const { entries, edges } = near.of(encoded.dataSync<'float32'>()[0]!)
  const count = entries.length + edges.length
  const sizes = source.sizes
  const spread = (shares: Tensor, places: number[], size: number) =>
    tf.add(sumByRow(tf.reshape(tf.sub(shares, 1), [-1, 1]), tf.tensor1d(places, 'int32'), size), 1)
  /** [count] to [1, classes] */
  const one = (shares: Tensor) =>
    tf.tidy(() => {
      const kept = {
        entries: spread(tf.slice(shares, [0], [entries.length]), entries, sizes.entries),
        edges: spread(tf.slice(shares, [entries.length], [edges.length]), edges, sizes.edges),
      }
      return source.keeping(kept, () => forward(network, encoded))
    })
  const rows = (x: Tensor) => tf.unstack(x).map((row) => row as Tensor)
  const input = tf.ones([1, count])
  return {
    input,
    baseline: tf.zerosLike(input),
    logits: (x) => tf.tidy(() => tf.concat(rows(x).map(one))),
    // Each sample is a pass over the whole graph: one after the other, so that no more than one has to be kept in mind.
    gradient: (x, target) =>
      tf.tidy(() => {
        const score = (row: Tensor) => tf.sum(tf.slice(one(row), [0, target], [1, 1]))
        return tf.stack(rows(x).map((row) => tf.grad(score)(row)))
      }),
    shown: tensorData([count], new Float32Array(count).fill(1)),
  }
}
