import { recurrentClassifier, RecurrentParams } from '../layers/recurrent-classifier'
import { defineFamily } from './define'

export default defineFamily<RecurrentParams>({
  id: 'gru',
  title: 'GRU network',
  summary: 'Reads a series step by step with a simpler memory than an LSTM: often as good on short series.',
  reference: 'Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014',
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
  ],

  build: ({ params, ...shape }) => recurrentClassifier('gru', params, shape),
})
