import { z } from 'zod'
import { WorkbenchError } from '@shared/errors'
import type { BuildInput } from '../families/define'
import { tf, type LayersModel, type TensorFlow } from '../tf'
import { GraphSource, PickNodes } from './graph'

type Symbolic = TensorFlow.SymbolicTensor

/** The knobs that every family of graph networks has. */
export const GraphParams = z.object({
  layers: z.int().min(1).max(6).default(2).meta({
    group: 'Network',
    title: 'Layers',
    description: 'Each lets a node hear one step further: two reach the neighbours of its neighbours.',
  }),
  units: z.int().min(2).max(512).default(16).meta({
    group: 'Network',
    title: 'Units',
    description: 'Numbers per node that a hidden layer gives.',
    unit: 'numbers',
  }),
  dropout: z.number().min(0).max(0.9).default(0.5).meta({
    group: 'Regularisation',
    title: 'Dropout',
    description: 'Share of the features and of the hidden numbers that is silenced at random in each step.',
  }),
})

/** What the layers of a graph network work on. */
export interface GraphParts {
  nodes: number
  features: number
  from: Symbolic
  to: Symbolic
  weights: Symbolic
  /** Feature values, dropout included: node, feature, value. */
  entries: [Symbolic, Symbolic, Symbolic]
  /** Silences a share at random while training. */
  silenced(x: Symbolic, name: string): Symbolic
}

/**
 * A network over the graph of its nodes: places of nodes come in, their logits go out, and in between all nodes are computed.
 * @param hidden makes of the graph the logits of all nodes, [nodes, classes]
 */
export function graphNetwork(
  name: string,
  { graph, inputShape, classCount, params }: BuildInput<{ dropout: number }>,
  loops: boolean,
  hidden: (parts: GraphParts) => Symbolic,
): LayersModel {
  if (!graph) throw new WorkbenchError('incompatible', `${name} needs a graph; this data has none.`)
  const input = tf.input({ shape: inputShape, name: 'input' })
  const source = new GraphSource({ ...graph, loops, name: 'graph' })
  const [from, to, weights, rows, columns, values] = source.apply(input) as Symbolic[]
  const silenced = (x: Symbolic, layer: string) =>
    params.dropout > 0 ? (tf.layers.dropout({ rate: params.dropout, name: layer }).apply(x) as Symbolic) : x
  const logits = hidden({
    nodes: graph.nodes,
    features: graph.features,
    from: from!,
    to: to!,
    weights: weights!,
    entries: [rows!, columns!, silenced(values!, 'dropout-features')],
    silenced,
  })
  const picked = new PickNodes({ units: classCount, name: 'asked' }).apply([logits, input]) as Symbolic
  return tf.model({ inputs: input, outputs: picked, name })
}
