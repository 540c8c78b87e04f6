import type { z } from 'zod'
import { NeighbourShares, NeighbourSum, SparseDense, UnitBias } from '../layers/graph'
import { GraphParams, graphNetwork } from '../layers/graph-network'
import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { defineFamily } from './define'

type Symbolic = TensorFlow.SymbolicTensor

const Params = GraphParams.extend({ units: GraphParams.shape.units.default(32) })
const start = { optimizer: 'adam', learningRate: 0.01, l2: 0.0005, earlyStopping: true }

export default defineFamily<z.infer<typeof Params>>({
  id: 'graphsage',
  title: 'GraphSAGE',
  summary:
    'Keeps what a node says of itself apart from the mean of its neighbours: for nodes that may differ from them.',
  reference: 'Hamilton, Ying & Leskovec, "Inductive representation learning on large graphs", NeurIPS 2017',
  modalities: ['graph'],
  tasks: ['classification'],
  params: Params,
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
      params: { ...start, units: 16, epochs: 60, learningRate: 0.02, patience: 20 },
    },
  ],

  build(input) {
    const { params, classCount, seed } = input
    return graphNetwork('graphsage', input, false, ({ nodes, features, from, to, weights, entries, silenced }) => {
      const share = new NeighbourShares({ nodes, kind: 'mean', name: 'shares' }).apply([from, to, weights]) as Symbolic
      let x: Symbolic | null = null
      for (let layer = 1; layer <= params.layers; layer++) {
        const isLast = layer === params.layers
        const units = isLast ? classCount : params.units
        const project = (name: string, at: number): Symbolic => {
          const own = mixSeeds(seed, layer, at)
          const kernelInitializer = tf.initializers.glorotUniform({ seed: own })
          return (
            x
              ? tf.layers.dense({ units, useBias: false, kernelInitializer, name }).apply(x)
              : new SparseDense({ nodes, features, units, seed: own, name }).apply(entries)
          ) as Symbolic
        }
        const heard = new NeighbourSum({ nodes, units, heads: 1, name: `neighbours-${layer}` })
        // The mean of projections is the projection of the mean, and made of fewer numbers.
        const others = heard.apply([project(`from-neighbours-${layer}`, 1), from, to, share]) as Symbolic
        const both = tf.layers.add({ name: `sum-${layer}` }).apply([project(`own-${layer}`, 2), others])
        x = new UnitBias({ units, name: isLast ? 'logits' : `bias-${layer}` }).apply(both) as Symbolic
        if (isLast) break
        x = tf.layers.activation({ activation: 'relu', name: `activation-${layer}` }).apply(x) as Symbolic
        x = silenced(x, `dropout-${layer}`)
      }
      return x!
    })
  },
})
