import type { z } from 'zod'
import { NeighbourShares, NeighbourSum, SparseDense, UnitBias } from '../layers/graph'
import { GraphParams, graphNetwork } from '../layers/graph-network'
import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { defineFamily } from './define'

type Symbolic = TensorFlow.SymbolicTensor

const start = { optimizer: 'adam', learningRate: 0.01, l2: 0.00025, earlyStopping: true }

export default defineFamily<z.infer<typeof GraphParams>>({
  id: 'gcn',
  title: 'Graph convolution (GCN)',
  summary:
    "Each layer averages a node with its neighbours: the standard for nodes that resemble the ones they're tied to.",
  reference: 'Kipf & Welling, "Semi-supervised classification with graph convolutional networks", ICLR 2017',
  modalities: ['graph'],
  tasks: ['classification'],
  params: GraphParams,
  presets: [
    {
      id: 'standard',
      title: 'Standard',
      suits: 'Two layers, the whole graph in each step.',
      modalities: ['graph'],
      params: { ...start, epochs: 200, patience: 50 },
    },
    {
      id: 'quick',
      title: 'Quick look',
      suits: 'A first answer in seconds.',
      modalities: ['graph'],
      params: { ...start, epochs: 60, learningRate: 0.02, patience: 20 },
    },
    {
      id: 'wide',
      title: 'Wide',
      suits: 'Many classes or many labelled nodes.',
      modalities: ['graph'],
      params: { ...start, units: 64, epochs: 200, patience: 50 },
    },
  ],

  build(input) {
    const { params, classCount, seed } = input
    return graphNetwork('gcn', input, true, ({ nodes, features, from, to, weights, entries, silenced }) => {
      const shares = new NeighbourShares({ nodes, kind: 'symmetric', name: 'shares' })
      const share = shares.apply([from, to, weights]) as Symbolic
      let x: Symbolic | null = null
      for (let layer = 1; layer <= params.layers; layer++) {
        const units = layer === params.layers ? classCount : params.units
        const own = mixSeeds(seed, layer)
        const name = layer === params.layers ? 'logits' : `hidden-${layer}`
        const values = x
          ? tf.layers
              .dense({ units, useBias: false, kernelInitializer: tf.initializers.glorotUniform({ seed: own }), name })
              .apply(x)
          : new SparseDense({ nodes, features, units, seed: own, name }).apply(entries)
        const heard = new NeighbourSum({ nodes, units, heads: 1, name: `neighbours-${layer}` })
        x = heard.apply([values as Symbolic, from, to, share]) as Symbolic
        x = new UnitBias({ units, name: `bias-${layer}` }).apply(x) as Symbolic
        if (layer === params.layers) break
        x = tf.layers.activation({ activation: 'relu', name: `activation-${layer}` }).apply(x) as Symbolic
        x = silenced(x, `dropout-${layer}`)
      }
      return x!
    })
  },
})
