import { z } from 'zod'
import { HeadMean, NeighbourAttention, NeighbourSum, SparseDense, UnitBias } from '../layers/graph'
import { GraphParams, graphNetwork } from '../layers/graph-network'
import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { defineFamily } from './define'

type Symbolic = TensorFlow.SymbolicTensor

const heads = { group: 'Network', unit: 'heads' }
const Params = GraphParams.extend({
  units: GraphParams.shape.units.default(8),
  dropout: GraphParams.shape.dropout.default(0.6),
  heads: z
    .int()
    .min(1)
    .max(16)
    .default(8)
    .meta({
      ...heads,
      title: 'Heads',
      description: 'Ways of weighing neighbours that a hidden layer learns side by side.',
    }),
  outputHeads: z
    .int()
    .min(1)
    .max(16)
    .default(1)
    .meta({
      ...heads,
      title: 'Output heads',
      description: 'Heads of the last layer, whose answers are averaged.',
      advanced: true,
    }),
  attentionDropout: z.number().min(0).max(0.9).default(0.6).meta({
    group: 'Regularisation',
    title: 'Attention dropout',
    description: 'Share of the neighbours that a head does not listen to in each step.',
  }),
})

const start = { optimizer: 'adam', learningRate: 0.005, l2: 0.00025, earlyStopping: true }

export default defineFamily<z.infer<typeof Params>>({
  id: 'gat',
  title: 'Graph attention (GAT)',
  summary: 'Learns how much each neighbour matters to a node: for graphs whose ties are of unequal worth.',
  reference: 'Velickovic et al., "Graph attention networks", ICLR 2018',
  modalities: ['graph'],
  tasks: ['classification'],
  params: Params,
  presets: [
    {
      id: 'standard',
      title: 'Standard',
      suits: 'Two layers of eight heads, the whole graph in each step.',
      modalities: ['graph'],
      params: { ...start, epochs: 1000, patience: 100 },
    },
    {
      id: 'quick',
      title: 'Quick look',
      suits: 'A first answer in seconds.',
      modalities: ['graph'],
      params: { ...start, heads: 4, epochs: 60, learningRate: 0.01, patience: 20 },
    },
  ],

  build(input) {
    const { params, classCount, seed } = input
    return graphNetwork('gat', input, true, ({ nodes, features, from, to, weights, entries, silenced }) => {
      let x: Symbolic | null = null
      for (let layer = 1; layer <= params.layers; layer++) {
        const isLast = layer === params.layers
        const [units, count] = isLast ? [classCount, params.outputHeads] : [params.units, params.heads]
        const own = mixSeeds(seed, layer)
        const name = isLast ? 'logits' : `hidden-${layer}`
        const kernelInitializer = tf.initializers.glorotUniform({ seed: own })
        const values = (
          x
            ? tf.layers.dense({ units: units * count, useBias: false, kernelInitializer, name }).apply(x)
            : new SparseDense({ nodes, features, units: units * count, seed: own, name }).apply(entries)
        ) as Symbolic
        const attention = new NeighbourAttention({ nodes, units, heads: count, seed: own, name: `attention-${layer}` })
        const all = attention.apply([values, from, to, weights]) as Symbolic
        const rate = params.attentionDropout
        const shares =
          rate > 0 ? (tf.layers.dropout({ rate, name: `dropout-attention-${layer}` }).apply(all) as Symbolic) : all
        const heard = new NeighbourSum({ nodes, units, heads: count, name: `neighbours-${layer}` })
        // Both sides of an edge are silenced on their own, as in the paper.
        x = heard.apply([silenced(values, `dropout-sent-${layer}`), from, to, shares]) as Symbolic
        if (isLast && count > 1) x = new HeadMean({ units, heads: count, name: 'head-mean' }).apply(x) as Symbolic
        x = new UnitBias({ units: isLast ? units : units * count, name: `bias-${layer}` }).apply(x) as Symbolic
        if (isLast) break
        x = tf.layers.activation({ activation: 'elu', name: `activation-${layer}` }).apply(x) as Symbolic
        x = silenced(x, `dropout-${layer}`)
      }
      return x!
    })
  },
})
