import { z } from 'zod'
import { PlaceVectors, SelfAttention } from '../layers/attention'
import { StepMean } from '../layers/steps'
import { textInput, vectorSize } from '../layers/text-input'
import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { defineFamily } from './define'

type Symbolic = TensorFlow.SymbolicTensor

const network = { group: 'Network' }

const Params = z.object({
  vectorSize: vectorSize.default(64),
  layers: z
    .int()
    .min(1)
    .max(8)
    .default(2)
    .meta({
      ...network,
      title: 'Layers',
      description: 'Rounds in which each word looks at all the others; more see more intricate relations.',
    }),
  heads: z
    .int()
    .min(1)
    .max(16)
    .default(4)
    .meta({
      ...network,
      title: 'Heads',
      description: 'Ways of looking at the other words at the same time; the vector size must be a multiple of it.',
    }),
  feedForward: z
    .int()
    .min(1)
    .max(4096)
    .default(128)
    .meta({
      ...network,
      title: 'Inner units',
      description: 'Width of the layer that works on each word by itself after each round.',
      unit: 'units',
    }),
  dropout: z.number().min(0).max(0.9).default(0.3).meta({
    group: 'Regularisation',
    title: 'Dropout',
    description: 'Share of what a layer hands on that is silenced at random in each step, against overfitting.',
  }),
})

export default defineFamily<z.infer<typeof Params>>({
  id: 'transformer',
  title: 'Transformer encoder',
  summary: 'Each word looks at all the others: relations over any distance. Wants more texts than the others do.',
  reference: 'https://arxiv.org/abs/1706.03762',
  modalities: ['text'],
  tasks: ['classification'],
  params: Params,
  presets: [
    {
      id: 'small-set',
      title: 'Small set',
      suits: 'Up to about 2 000 texts: one layer, many passes in small batches.',
      modalities: ['text'],
      fits: ({ sampleCount }) => sampleCount <= 2000,
      params: { layers: 1, epochs: 25, batchSize: 16, learningRate: 0.001, earlyStopping: true, patience: 8 },
    },
    {
      id: 'balanced',
      title: 'Balanced',
      suits: 'Sentences and reviews.',
      modalities: ['text'],
      params: { epochs: 10, batchSize: 32, learningRate: 0.0007, earlyStopping: true, patience: 3 },
    },
    {
      id: 'quick',
      title: 'Quick look',
      suits: 'A first answer in a minute.',
      modalities: ['text'],
      params: { vectorSize: 32, layers: 1, feedForward: 64, epochs: 6, batchSize: 16, learningRate: 0.002 },
    },
  ],

  check({ params: { vectorSize: size, heads } }) {
    if (size % heads === 0) return []
    const message = `A vector size of ${size} cannot be shared among ${heads} heads. Take a multiple of ${heads}, such as ${Math.max(1, Math.round(size / heads)) * heads}.`
    return [{ param: 'heads', message }]
  },

  build({ params, inputShape, classCount, seed }) {
    const { layers, heads, feedForward, dropout, vectorSize: width } = params
    const { input, vectors, present } = textInput(inputShape, params, seed, false)
    const silenced = (x: Symbolic, name: string) =>
      dropout > 0 ? (tf.layers.dropout({ rate: dropout, name }).apply(x) as Symbolic) : x
    const normed = (x: Symbolic, name: string) =>
      tf.layers.layerNormalization({ epsilon: 1e-5, name }).apply(x) as Symbolic
    const dense = (x: Symbolic, units: number, name: string, stream: number, activation?: 'relu') => {
      const kernelInitializer = tf.initializers.glorotUniform({ seed: mixSeeds(seed, stream) })
      return tf.layers.dense({ units, activation, kernelInitializer, name }).apply(x) as Symbolic
    }
    const plus = (x: Symbolic, more: Symbolic, name: string) => tf.layers.add({ name }).apply([x, more]) as Symbolic

    let x = new PlaceVectors({ seed: mixSeeds(seed, 91), name: 'places' }).apply(vectors) as Symbolic
    x = silenced(x, 'dropout-words')
    for (let layer = 1; layer <= layers; layer++) {
      const attention = new SelfAttention({ heads, seed: mixSeeds(seed, 10 * layer), name: `attention-${layer}` })
      const seen = attention.apply([normed(x, `norm-attention-${layer}`), present]) as Symbolic
      x = plus(x, silenced(seen, `dropout-attention-${layer}`), `attended-${layer}`)
      const inner = dense(normed(x, `norm-inner-${layer}`), feedForward, `inner-${layer}`, 10 * layer + 1, 'relu')
      const outer = dense(inner, width, `outer-${layer}`, 10 * layer + 2)
      x = plus(x, silenced(outer, `dropout-inner-${layer}`), `worked-${layer}`)
    }
    x = new StepMean({ name: 'mean' }).apply([normed(x, 'norm'), present]) as Symbolic
    return tf.model({
      inputs: input,
      outputs: dense(silenced(x, 'dropout'), classCount, 'logits', 0),
      name: 'transformer',
    })
  },
})
