import { WorkbenchError } from '@shared/errors'
import type { Attribute, GraphBuilder, GraphNode } from './graph-builder'

/** Ops that were recorded once, to be put into a graph any number of times. */
export interface Recording {
  /** Without placeholders; what stands for them is named in `inputs`. */
  nodes: GraphNode[]
  inputs: string[]
}

/** What it takes to compute `outputs`; the rest of the graph is left out. */
export function recordingOf({ nodes }: GraphBuilder, outputs: string[]): Recording {
  const needed = new Set(outputs.map(nodeOf))
  for (const node of [...nodes].reverse()) if (needed.has(node.name)) node.inputs.forEach((i) => needed.add(nodeOf(i)))
  return {
    nodes: nodes.filter(({ op, name }) => op !== 'Placeholder' && needed.has(name)),
    inputs: nodes.filter(({ op }) => op === 'Placeholder').map(({ name }) => name),
  }
}

const nodeOf = (tensor: string) => tensor.replace(/:\d+$/, '')

/**
 * Puts a recording into `graph`, its nodes' names after `prefix` and its inputs replaced by `bindings`. Returns the new name
 * of any of its tensors.
 */
export function insertRecording(
  graph: GraphBuilder,
  { nodes, inputs }: Recording,
  prefix: string,
  bindings: Record<string, string>,
): (tensor: string) => string {
  const bound = new Map(inputs.map((name) => [name, bindings[name]!]))
  const renamed = (tensor: string) => bound.get(tensor) ?? `${prefix}/${tensor}`
  for (const node of nodes) graph.add(node.op, node.inputs.map(renamed), node.attributes, `${prefix}/${node.name}`)
  return renamed
}

/**
 * Throws `incompatible` when two recordings of the same computation differ: a number was then drawn or counted in
 * JavaScript, and a graph would repeat the first one for ever.
 */
export function requireSame(first: Recording, second: Recording): void {
  if (first.nodes.length !== second.nodes.length) throw differs('its ops')
  first.nodes.forEach((node, i) => {
    const twin = second.nodes[i]!
    if (node.op !== twin.op || node.inputs.join() !== twin.inputs.join()) throw differs(`op ${node.name}`)
    for (const [key, attribute] of Object.entries(node.attributes))
      if (!isSame(attribute, twin.attributes[key])) throw differs(`${key} of ${node.name}`)
  })
}

function isSame(one: Attribute, other: Attribute | undefined): boolean {
  if (one.kind !== 'tensor' || other?.kind !== 'tensor') return String(one.value) === String(other?.value)
  const [a, b] = [one.value, other.value]
  return a.shape.join() === b.shape.join() && a.data.every((value, i) => Object.is(value, b.data[i]))
}

const differs = (what: string) =>
  new WorkbenchError('incompatible', `The computation changes from run to run (${what}): no graph can hold that.`)
