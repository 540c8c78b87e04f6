import { z } from 'zod'
import { textInput, vectorSize } from '../layers/text-input'
import { StepMax } from '../layers/tokens'
import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { defineFamily } from './define'

type Symbolic = TensorFlow.SymbolicTensor

const network = { group: 'Network' }

const Params = z.object({
  vectorSize: vectorSize.default(64),
  filters: z
    .int()
    .min(1)
    .max(1024)
    .default(64)
    .meta({
      ...network,
      title: 'Filters',
      description: 'Patterns that are looked for, of each width.',
    }),
  widths: z
    .enum(['3', '2,3', '3,4,5', '1,2,3', '2,3,4,5'])
    .default('3,4,5')
    .meta({
      ...network,
      title: 'Widths',
      description: 'How many words one after the other a pattern spans.',
      unit: 'words',
    }),
  dropout: z.number().min(0).max(0.9).default(0.5).meta({
    group: 'Regularisation',
    title: 'Dropout',
    description:
      'Share of the vectors and of the patterns found that is silenced at random in each step, against overfitting.',
  }),
})

export default defineFamily<z.infer<typeof Params>>({
  id: 'text-cnn',
  title: 'Text CNN',
  summary: 'Looks for telling groups of a few words, wherever they stand: fast, and hard to beat on short texts.',
  reference: 'Kim, "Convolutional neural networks for sentence classification", EMNLP 2014',
  modalities: ['text'],
  firstChoiceFor: ['text'],
  tasks: ['classification'],
  params: Params,
  presets: [
    {
      id: 'small-set',
      title: 'Small set',
      suits: 'Up to about 2 000 texts: many passes in small batches.',
      modalities: ['text'],
      fits: ({ sampleCount }) => sampleCount <= 2000,
      params: { epochs: 30, batchSize: 16, learningRate: 0.002, earlyStopping: true, patience: 8 },
    },
    {
      id: 'balanced',
      title: 'Balanced',
      suits: 'Sentences and reviews, up to some 100 000.',
      modalities: ['text'],
      params: { epochs: 10, batchSize: 32, learningRate: 0.001, earlyStopping: true, patience: 3 },
    },
    {
      id: 'quick',
      title: 'Quick look',
      suits: 'A first answer in seconds.',
      modalities: ['text'],
      params: { vectorSize: 32, filters: 32, epochs: 5, batchSize: 16, learningRate: 0.003 },
    },
    {
      id: 'large',
      title: 'Large',
      suits: 'The sizes of the paper, for many or long texts.',
      modalities: ['text'],
      params: { vectorSize: 128, filters: 100, epochs: 10, batchSize: 50, earlyStopping: true, patience: 3 },
    },
  ],

  build({ params, inputShape, classCount, seed }) {
    const { filters, widths, dropout } = params
    const { input, vectors, present } = textInput(inputShape, params, seed, false)
    const dropped =
      dropout > 0 ? (tf.layers.dropout({ rate: dropout, name: 'dropout-words' }).apply(vectors) as Symbolic) : vectors
    const found = widths.split(',').map((width) => {
      const kernelInitializer = tf.initializers.heNormal({ seed: mixSeeds(seed, Number(width)) })
      const conv = tf.layers.conv1d({
        filters,
        kernelSize: Number(width),
        padding: 'same',
        activation: 'relu',
        kernelInitializer,
        name: `width-${width}`,
      })
      return new StepMax({ name: `strongest-${width}` }).apply([conv.apply(dropped) as Symbolic, present]) as Symbolic
    })
    let x = found.length > 1 ? (tf.layers.concatenate({ name: 'patterns' }).apply(found) as Symbolic) : found[0]!
    if (dropout > 0) x = tf.layers.dropout({ rate: dropout, name: 'dropout' }).apply(x) as Symbolic
    const kernelInitializer = tf.initializers.glorotNormal({ seed: mixSeeds(seed, 0) })
    const logits = tf.layers.dense({ units: classCount, kernelInitializer, name: 'logits' }).apply(x) as Symbolic
    return tf.model({ inputs: input, outputs: logits, name: 'text-cnn' })
  },
})
