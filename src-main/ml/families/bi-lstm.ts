import { z } from 'zod'
import { RecurrentParams } from '../layers/recurrent-classifier'
import { recurrentStack } from '../layers/stack'
import { StepMean } from '../layers/steps'
import { textInput, vectorSize } from '../layers/text-input'
import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { defineFamily } from './define'

type Symbolic = TensorFlow.SymbolicTensor

const Params = RecurrentParams.omit({ bidirectional: true, dropout: true }).extend({
  vectorSize: vectorSize.default(64),
  dropout: z.number().min(0).max(0.9).default(0.5).meta({
    group: 'Regularisation',
    title: 'Dropout',
    description: 'Share of the vectors and of what a layer hands on that is silenced at random in each step.',
  }),
})

export default defineFamily<z.infer<typeof Params>>({
  id: 'bi-lstm',
  title: 'Bidirectional LSTM',
  summary: 'Reads a text word by word from both ends with a memory: for order, negation and longer dependencies.',
  reference:
    'Graves & Schmidhuber, "Framewise phoneme classification with bidirectional LSTM", Neural Networks 18, 2005',
  modalities: ['text'],
  tasks: ['classification'],
  params: Params,
  presets: [
    {
      id: 'small-set',
      title: 'Small set',
      suits: 'Up to about 2 000 texts: many passes in small batches.',
      modalities: ['text'],
      fits: ({ sampleCount }) => sampleCount <= 2000,
      params: {
        units: 32,
        epochs: 25,
        batchSize: 16,
        learningRate: 0.005,
        gradientClip: 1,
        earlyStopping: true,
        patience: 8,
      },
    },
    {
      id: 'balanced',
      title: 'Balanced',
      suits: 'Sentences and reviews.',
      modalities: ['text'],
      params: {
        units: 48,
        epochs: 8,
        batchSize: 32,
        learningRate: 0.002,
        gradientClip: 1,
        earlyStopping: true,
        patience: 3,
      },
    },
    {
      id: 'quick',
      title: 'Quick look',
      suits: 'A first answer in a minute.',
      modalities: ['text'],
      params: { vectorSize: 32, units: 24, epochs: 5, batchSize: 16, learningRate: 0.008, gradientClip: 1 },
    },
    {
      id: 'deep',
      title: 'Deep',
      suits: 'Many texts: two layers.',
      modalities: ['text'],
      params: { layers: 2, units: 96, epochs: 8, batchSize: 32, gradientClip: 1, earlyStopping: true, patience: 3 },
    },
  ],

  build({ params, inputShape, classCount, seed }) {
    const { units, layers, readout, dropout } = params
    const isMean = readout === 'mean'
    const { input, vectors, present } = textInput(inputShape, params, seed, true)
    const silenced = (x: Symbolic, name: string) =>
      dropout > 0 ? (tf.layers.dropout({ rate: dropout, name }).apply(x) as Symbolic) : x
    let x = silenced(vectors, 'dropout-words')
    const options = { kind: 'lstm', depth: layers, units, bidirectional: true, dropout, seed } as const
    for (const layer of recurrentStack({ ...options, returnSequences: isMean })) x = layer.apply(x) as Symbolic
    if (isMean) x = new StepMean({ name: 'mean' }).apply([x, present]) as Symbolic
    const kernelInitializer = tf.initializers.glorotNormal({ seed: mixSeeds(seed, 0) })
    const dense = tf.layers.dense({ units: classCount, kernelInitializer, name: 'logits' })
    return tf.model({ inputs: input, outputs: dense.apply(silenced(x, 'dropout')) as Symbolic, name: 'bi-lstm' })
  },
})
