import { recurrentClassifier, RecurrentParams } from '../layers/recurrent-classifier'
import { defineFamily } from './define'

export default defineFamily<RecurrentParams>({
  id: 'lstm',
  title: 'LSTM network',
  summary: 'Reads a series step by step with a memory that it opens and closes: for order and long dependencies.',
  reference: 'Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 9, 1997',
  modalities: ['series'],
  tasks: ['classification'],
  params: RecurrentParams,
  presets: [
    {
      id: 'small-set',
      title: 'Small set',
      suits: 'Up to about 2 000 series: many passes in small batches.',
      modalities: ['series'],
      fits: ({ sampleCount }) => sampleCount <= 2000,
      params: { epochs: 60, batchSize: 16, learningRate: 0.003, dropout: 0.3 },
    },
    {
      id: 'balanced',
      title: 'Balanced',
      suits: 'More than 2 000 series.',
      modalities: ['series'],
      params: { epochs: 25, learningRate: 0.002 },
    },
    {
      id: 'quick',
      title: 'Quick look',
      suits: 'A first answer in a minute.',
      modalities: ['series'],
      params: { units: 32, epochs: 15, learningRate: 0.005, batchSize: 16 },
    },
    {
      id: 'deep',
      title: 'Deep',
      suits: 'Long series and many samples: two layers.',
      modalities: ['series'],
      params: { layers: 2, units: 96, epochs: 40, learningRate: 0.002, gradientClip: 1 },
    },
  ],

  build: ({ params, ...shape }) => recurrentClassifier('lstm', params, shape),
})
