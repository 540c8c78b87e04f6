import { z } from 'zod'
import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { defineFamily } from './define'

type Symbolic = TensorFlow.SymbolicTensor

const network = { group: 'Network' }

const Params = z.object({
  blocks: z
    .int()
    .min(1)
    .max(16)
    .default(2)
    .meta({
      ...network,
      title: 'Blocks',
      description: 'Each widens the row, narrows it again and adds it to what came in.',
    }),
  units: z
    .int()
    .min(1)
    .max(4096)
    .default(64)
    .meta({
      ...network,
      title: 'Units',
      description: 'Width of what runs from block to block; inside a block it is twice as wide.',
      unit: 'units',
    }),
  dropout: z.number().min(0).max(0.9).default(0.2).meta({
    group: 'Regularisation',
    title: 'Dropout',
    description: 'Share of units inside each block that is silenced at random in each step, against overfitting.',
  }),
})

export default defineFamily<z.infer<typeof Params>>({
  id: 'tabular-resnet',
  title: 'Residual network for tables',
  summary: 'Fully connected blocks with shortcuts around them: for larger tables with many fields.',
  reference: 'https://arxiv.org/abs/2106.11959',
  modalities: ['table'],
  tasks: ['classification', 'regression'],
  params: Params,
  presets: [
    {
      id: 'small-table',
      title: 'Small table',
      suits: 'Tables of up to about 5 000 rows.',
      modalities: ['table'],
      tasks: ['classification'],
      fits: ({ sampleCount }) => sampleCount <= 5000,
      params: { blocks: 1, units: 16, dropout: 0.4, l2: 0.01, batchSize: 32, learningRate: 0.002, epochs: 20 },
    },
    {
      id: 'table',
      title: 'Table',
      suits: 'Tables of more than 5 000 rows.',
      modalities: ['table'],
      tasks: ['classification'],
      params: { batchSize: 256, epochs: 15, optimizer: 'adamw', weightDecay: 0.0001 },
    },
    {
      id: 'numbers',
      title: 'A number',
      suits: 'Tables whose target is a number.',
      modalities: ['table'],
      tasks: ['regression'],
      params: { blocks: 1, units: 32, dropout: 0.2, l2: 0.003, batchSize: 32, learningRate: 0.002, epochs: 30 },
    },
    {
      id: 'quick',
      title: 'Quick look',
      suits: 'A first answer in seconds.',
      modalities: ['table'],
      params: { blocks: 1, units: 32, dropout: 0.1, epochs: 5, learningRate: 0.003 },
    },
  ],

  build({ params, inputShape, classCount, seed }) {
    const { blocks, units, dropout } = params
    let made = 0
    const dense = (x: Symbolic, name: string, width: number) => {
      const kernelInitializer = tf.initializers.heNormal({ seed: mixSeeds(seed, ++made) })
      return tf.layers.dense({ units: width, kernelInitializer, name }).apply(x) as Symbolic
    }
    const normalise = (x: Symbolic, name: string) =>
      tf.layers.batchNormalization({ momentum: 0.9, name }).apply(x) as Symbolic
    const relu = (x: Symbolic, name: string) => tf.layers.activation({ activation: 'relu', name }).apply(x) as Symbolic
    const drop = (x: Symbolic, name: string) =>
      dropout > 0 ? (tf.layers.dropout({ rate: dropout, name }).apply(x) as Symbolic) : x

    const input = tf.input({ shape: inputShape, name: 'input' })
    let x = dense(input, 'stem', units)
    for (let block = 1; block <= blocks; block++) {
      const name = `block-${block}`
      const wide = relu(dense(normalise(x, `${name}-norm`), `${name}-widen`, 2 * units), `${name}-relu`)
      const narrow = dense(drop(wide, `${name}-dropout`), `${name}-narrow`, units)
      x = tf.layers.add({ name: `${name}-add` }).apply([x, narrow]) as Symbolic
    }
    x = relu(normalise(x, 'norm'), 'relu')
    const kernelInitializer = tf.initializers.glorotNormal({ seed: mixSeeds(seed, 0) })
    const logits = tf.layers.dense({ units: classCount, kernelInitializer, name: 'logits' }).apply(x) as Symbolic
    return tf.model({ inputs: input, outputs: logits, name: 'tabular-resnet' })
  },
})
