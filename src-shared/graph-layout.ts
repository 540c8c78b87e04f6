/** A node and those around it, as a picture shows them. */
export interface Around {
  /** The node asked about comes first. `hop`: how many edges it is away. */
  nodes: { index: number; hop: number }[]
  /** Ends by place in `nodes`. */
  edges: [number, number][]
}

const rings = [0, 0.5, 0.92]

/**
 * Places nodes in rings around the first one, in a square from -1 to 1: a ring per hop, and within a ring each near the one
 * that it hangs on. The same nodes always get the same places.
 */
export function placesAround({ nodes, edges }: Around): { x: number; y: number }[] {
  const parents = nodes.map(() => 0)
  const children = nodes.map((): number[] => [])
  nodes.forEach(({ hop }, at) => {
    if (hop === 0) return
    const own = edges.flatMap(([a, b]) => (a === at ? [b] : b === at ? [a] : []))
    parents[at] = own.find((other) => nodes[other]!.hop === hop - 1) ?? 0
    children[parents[at]!]!.push(at)
  })
  // A branch gets room by how many hang on it.
  const weight = nodes.map((_, at) => 1 + children[at]!.length)
  const places = nodes.map(() => ({ x: 0, y: 0 }))
  const spread = (at: number, from: number, to: number): void => {
    const total = children[at]!.reduce((sum, child) => sum + weight[child]!, 0)
    let angle = from
    for (const child of children[at]!) {
      const share = ((to - from) * weight[child]!) / total
      const middle = angle + share / 2
      const radius = rings[Math.min(rings.length - 1, nodes[child]!.hop)]!
      places[child] = { x: radius * Math.cos(middle), y: radius * Math.sin(middle) }
      spread(child, angle, angle + share)
      angle += share
    }
  }
  spread(0, -Math.PI / 2, (3 * Math.PI) / 2)
  return places
}
