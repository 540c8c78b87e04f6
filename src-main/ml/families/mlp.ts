import { z } from 'zod'
import { mixSeeds } from '../random'
import { tf } from '../tf'
import { defineFamily } from './define'

const network = { group: 'Network' }

const Params = z.object({
  hiddenLayers: z
    .int()
    .min(0)
    .max(8)
    .default(2)
    .meta({
      ...network,
      title: 'Hidden layers',
      description: 'Layers between input and output; none makes it logistic (or linear) regression.',
    }),
  units: z
    .int()
    .min(1)
    .max(4096)
    .default(128)
    .meta({
      ...network,
      title: 'Units per layer',
      description: 'Width of each hidden layer: more can learn finer rules and overfits sooner.',
      unit: 'units',
    }),
  activation: z
    .enum(['relu', 'elu', 'tanh', 'selu', 'sigmoid'])
    .default('relu')
    .meta({
      ...network,
      title: 'Activation',
      description: 'The bend after each hidden layer; relu is the usual choice.',
      advanced: true,
    }),
  batchNorm: z
    .boolean()
    .default(false)
    .meta({
      ...network,
      title: 'Batch normalisation',
      description: 'Re-centres what each layer passes on, which allows larger learning rates in deep networks.',
      advanced: true,
    }),
  dropout: z.number().min(0).max(0.9).default(0.2).meta({
    group: 'Regularisation',
    title: 'Dropout',
    description: 'Share of hidden units that is silenced at random in each step, against overfitting.',
  }),
})

/** Small tables overfit within a few epochs: one narrow layer, strong regularisation. */
const smallTable = {
  hiddenLayers: 1,
  units: 16,
  dropout: 0.3,
  l2: 0.01,
  batchSize: 32,
  learningRate: 0.003,
  epochs: 40,
}

export default defineFamily<z.infer<typeof Params>>({
  id: 'mlp',
  title: 'Multilayer perceptron',
  summary: 'Fully connected layers: the standard for tables, and a plain start for small pictures.',
  reference: 'Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors", Nature 323, 1986',
  modalities: ['table', 'image'],
  firstChoiceFor: ['table'],
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
      params: smallTable,
    },
    {
      id: 'table',
      title: 'Table',
      suits: 'Tables of more than 5 000 rows.',
      modalities: ['table'],
      tasks: ['classification'],
      params: { hiddenLayers: 2, units: 64, dropout: 0.1, l2: 0.0001, batchSize: 128, epochs: 20 },
    },
    {
      id: 'small-numbers',
      title: 'Small table',
      suits: 'A number, from up to about 2 000 rows.',
      modalities: ['table'],
      tasks: ['regression'],
      fits: ({ sampleCount }) => sampleCount <= 2000,
      params: { hiddenLayers: 1, units: 16, dropout: 0.1, l2: 0.01, batchSize: 16, learningRate: 0.003, epochs: 40 },
    },
    {
      id: 'numbers',
      title: 'Table',
      suits: 'A number, from more than 2 000 rows.',
      modalities: ['table'],
      tasks: ['regression'],
      params: { hiddenLayers: 2, units: 64, dropout: 0, l2: 0.0001, batchSize: 64, learningRate: 0.002, epochs: 40 },
    },
    {
      id: 'balanced',
      title: 'Balanced',
      suits: 'Small pictures, as a start.',
      modalities: ['image'],
      params: { hiddenLayers: 2, units: 128, dropout: 0.2, epochs: 15 },
    },
    {
      id: 'quick',
      title: 'Quick look',
      suits: 'A first answer in seconds.',
      modalities: ['table', 'image'],
      params: { hiddenLayers: 1, units: 32, dropout: 0, epochs: 5, learningRate: 0.003 },
    },
    {
      id: 'linear',
      title: 'Logistic regression',
      suits: 'No hidden layer: the baseline that a network must beat.',
      modalities: ['table', 'image'],
      tasks: ['classification'],
      params: { hiddenLayers: 0, l2: 0.003, batchSize: 32, learningRate: 0.01, epochs: 40 },
    },
    {
      id: 'linear-numbers',
      title: 'Linear regression',
      suits: 'No hidden layer: the baseline that a network must beat.',
      modalities: ['table'],
      tasks: ['regression'],
      params: { hiddenLayers: 0, l2: 0.0001, batchSize: 32, learningRate: 0.01, epochs: 40 },
    },
  ],

  build({ params, inputShape, classCount, seed }) {
    const { hiddenLayers, units, activation, batchNorm, dropout } = params
    const scale =
      activation === 'relu' || activation === 'elu' ? tf.initializers.heNormal : tf.initializers.glorotNormal
    const seeded = (layer: number) => scale({ seed: mixSeeds(seed, layer) })
    const model = tf.sequential({ name: 'mlp' })
    model.add(tf.layers.inputLayer({ inputShape, name: 'input' }))
    if (inputShape.length > 1) model.add(tf.layers.flatten({ name: 'flatten' }))
    for (let layer = 1; layer <= hiddenLayers; layer++) {
      const kernelInitializer = seeded(layer)
      model.add(tf.layers.dense({ units, useBias: !batchNorm, kernelInitializer, name: `hidden-${layer}` }))
      if (batchNorm) model.add(tf.layers.batchNormalization({ momentum: 0.9, name: `norm-${layer}` }))
      model.add(tf.layers.activation({ activation, name: `activation-${layer}` }))
      if (dropout > 0) model.add(tf.layers.dropout({ rate: dropout, name: `dropout-${layer}` }))
    }
    const kernelInitializer = tf.initializers.glorotNormal({ seed: mixSeeds(seed, 0) })
    model.add(tf.layers.dense({ units: classCount, kernelInitializer, name: 'logits' }))
    return model
  },
})
