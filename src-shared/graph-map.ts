import type { Explanation } from './schemas/explanation'

export interface WorthOfPart {
  /** A feature's name, or the ends of an edge by place in the explanation's nodes. */
  feature?: string
  ends?: [number, number]
  worth: number
}

/** The parts of a node's explanation: each of its features and each edge near it with what it says, the strongest first. */
export function partsOfGraph({ graph, attribution }: Pick<Explanation, 'graph' | 'attribution'>): WorthOfPart[] {
  if (!graph) return []
  const { features, edges } = graph
  const all = [
    ...features.map((feature, i) => ({ feature, worth: attribution.data[i]! })),
    ...edges.map((ends, i) => ({ ends, worth: attribution.data[features.length + i]! })),
  ]
  return all.sort((a, b) => Math.abs(b.worth) - Math.abs(a.worth))
}
