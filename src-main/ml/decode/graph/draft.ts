import { WorkbenchError } from '@shared/errors'
import type { Split } from '@shared/schemas/dataset'
import { splitOfName } from '../series/define'

/** Places are kept as float32, which holds whole numbers up to 2^24 exactly. */
export const mostNodes = 1_000_000
const mostEdges = 5_000_000
const mostEntries = 16_000_000

/** A graph as it was read. An edge joins two nodes in both directions and stands here once. */
export interface ReadGraph {
  /** By place. */
  nodes: { name: string; className: string | null; split: Split | null }[]
  /** Places of both ends, [edges, 2], and the weights [edges]. */
  ends: Float32Array
  weights: Float32Array
  /** Names of the features in their order. */
  features: string[]
  /** The features' values that are not 0: [entries, 2] places of node and feature, and values [entries]. */
  entries: Float32Array
  values: Float32Array
  notes: string[]
}

/**
 * Gathers a graph part by part, from whatever file it comes, and refuses what does not fit together. `where` is the line or
 * element that errors name.
 */
export class GraphDraft {
  readonly #places = new Map<string, number>()
  readonly #nodes: ReadGraph['nodes'] = []
  readonly #ends: number[] = []
  readonly #weights: number[] = []
  readonly #edges = new Set<number>()
  readonly #features = new Map<string, number>()
  readonly #entries: number[] = []
  readonly #values: number[] = []
  #loops = 0
  #repeated = 0

  /** @param isOpen whether edges may name nodes that no table lists */
  constructor(private readonly isOpen: boolean) {}

  addNode(name: string, className: string | null, split: Split | null, where: string): number {
    if (name === '') throw bad(where, 'a node has no name')
    if (this.#places.has(name)) throw bad(where, `the node "${name}" is listed twice`)
    if (this.#nodes.length >= mostNodes) throw bad(where, `there are more than ${mostNodes} nodes`)
    this.#places.set(name, this.#nodes.length)
    return this.#nodes.push({ name, className, split }) - 1
  }

  addEdge(from: string, to: string, weight: number, where: string): void {
    const [a, b] = [this.#place(from, where), this.#place(to, where)]
    if (!Number.isFinite(weight) || weight <= 0)
      throw bad(where, `the weight of an edge is ${weight}; expected above 0`)
    if (a === b) return void this.#loops++
    const key = Math.min(a, b) * mostNodes + Math.max(a, b)
    if (this.#edges.has(key)) return void this.#repeated++
    if (this.#edges.size >= mostEdges) throw bad(where, `there are more than ${mostEdges} edges`)
    this.#edges.add(key)
    this.#ends.push(a, b)
    this.#weights.push(weight)
  }

  /** A feature's value of a node; 0 is what is not said. */
  addValue(node: string, feature: string, value: number, where: string): void {
    const place = this.#places.get(node)
    if (place === undefined) throw bad(where, `there is no node "${node}"`)
    this.addValueAt(place, feature, value, where)
  }

  addValueAt(node: number, feature: string, value: number, where: string): void {
    if (feature === '') throw bad(where, 'a feature has no name')
    if (!Number.isFinite(value)) throw bad(where, `the value of feature "${feature}" is no number`)
    if (value === 0) return
    if (this.#values.length >= mostEntries) throw bad(where, `there are more than ${mostEntries} values of features`)
    let at = this.#features.get(feature)
    if (at === undefined) this.#features.set(feature, (at = this.#features.size))
    this.#entries.push(node, at)
    this.#values.push(value)
  }

  get nodeCount(): number {
    return this.#nodes.length
  }

  /** Features in natural order of their names; a graph without any gets one feature per node, which says who it is. */
  finish(source: string): ReadGraph {
    if (this.#nodes.length === 0) throw bad(source, 'it has no nodes')
    if (this.#edges.size === 0) throw bad(source, 'it has no edges between different nodes')
    const notes: string[] = []
    if (this.#loops > 0) notes.push(`${this.#loops} edges from a node to itself were left out; networks add their own.`)
    if (this.#repeated > 0)
      notes.push(`${this.#repeated} edges were there already, one way or the other, and count once.`)
    const isNamed = this.#features.size > 0
    if (!isNamed) {
      notes.push('The nodes have no features: each gets one of its own, so that networks learn from the edges alone.')
      this.#nodes.forEach(({ name }, at) => this.addValueAt(at, name, 1, source))
    }
    return {
      nodes: this.#nodes,
      ends: Float32Array.from(this.#ends),
      weights: Float32Array.from(this.#weights),
      ...this.#sortedFeatures(isNamed),
      values: Float32Array.from(this.#values),
      notes,
    }
  }

  #sortedFeatures(isSorted: boolean): Pick<ReadGraph, 'features' | 'entries'> {
    const found = [...this.#features.keys()]
    const collator = new Intl.Collator('en', { numeric: true })
    const features = isSorted ? [...found].sort(collator.compare) : found
    const places = new Map(features.map((name, at) => [name, at]))
    const moved = found.map((name) => places.get(name)!)
    const entries = Float32Array.from(this.#entries, (place, i) => (i % 2 === 0 ? place : moved[place]!))
    return { features, entries }
  }

  #place(name: string, where: string): number {
    const place = this.#places.get(name)
    if (place !== undefined) return place
    if (!this.isOpen) throw bad(where, `an edge names "${name}", and the node table lists no such node`)
    return this.addNode(name, null, null, where)
  }
}

export const bad = (where: string, what: string) =>
  new WorkbenchError('invalid_input', `${where}: ${what}. Mend the file, then import the graph again.`)

/** What a cell says of the split, if it does. */
export const splitOfCell = (cell: string): Split | null => splitOfName(`_${cell.trim()}`)
