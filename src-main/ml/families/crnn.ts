import { z } from 'zod'
import { spatialDropout, SpatialDropoutParam } from '../dropout'
import { Frames } from '../layers/frames'
import { RecurrentParams } from '../layers/recurrent-classifier'
import { recurrentStack } from '../layers/stack'
import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { defineFamily } from './define'

type Symbolic = TensorFlow.SymbolicTensor

const network = { group: 'Network' }

const Params = RecurrentParams.pick({ units: true, layers: true, bidirectional: true }).extend({
  blocks: z
    .int()
    .min(1)
    .max(5)
    .default(3)
    .meta({
      ...network,
      title: 'Blocks',
      description: 'Convolutions one above the other, each followed by pooling over pitch; the first also over time.',
    }),
  filters: z
    .int()
    .min(1)
    .max(256)
    .default(24)
    .meta({
      ...network,
      title: 'Filters',
      description: 'Patterns that the first block looks for; every further block has twice as many.',
    }),
  spatialDropout: SpatialDropoutParam,
  dropout: z.number().min(0).max(0.9).default(0.3).meta({
    group: 'Regularisation',
    title: 'Dropout',
    description: 'Share of what is handed on before and after the memory that is silenced at random in each step.',
  }),
})

export default defineFamily<z.infer<typeof Params>>({
  id: 'crnn',
  title: 'Convolutions and GRU',
  summary: 'Finds shapes in the spectrogram, then reads them in their order with a memory: for phrases and rhythms.',
  reference: 'Choi, Fazekas, Sandler & Cho, "Convolutional recurrent neural networks for music classification", 2017',
  modalities: ['audio'],
  tasks: ['classification'],
  params: Params,
  presets: [
    {
      id: 'clips',
      title: 'Clips',
      suits: 'Words and phrases, with augmentation.',
      modalities: ['audio'],
      params: { epochs: 25, batchSize: 32, learningRate: 0.002, gradientClip: 1, augment: true, zoom: 0.15 },
    },
    {
      id: 'quick',
      title: 'Quick look',
      suits: 'A first answer in a minute.',
      modalities: ['audio'],
      params: { filters: 16, units: 32, epochs: 12, batchSize: 16, learningRate: 0.004, gradientClip: 1 },
    },
  ],

  check({ params, inputShape }) {
    const bands = inputShape[0]!
    if (bands >> params.blocks >= 1) return []
    const most = Math.max(1, Math.floor(Math.log2(bands)))
    const message = `${params.blocks} blocks halve ${bands} mel bands down to nothing. Take at most ${most} blocks or more bands.`
    return [{ param: 'blocks', message }]
  },

  build({ params, inputShape, classCount, seed }) {
    const { blocks, filters, units, layers, bidirectional, dropout } = params
    const input = tf.input({ shape: inputShape, name: 'input' })
    const silenced = (x: Symbolic, name: string) =>
      dropout > 0 ? (tf.layers.dropout({ rate: dropout, name }).apply(x) as Symbolic) : x
    let x = input
    for (let block = 1; block <= blocks; block++) {
      const kernelInitializer = tf.initializers.heNormal({ seed: mixSeeds(seed, 100 + block) })
      const [kernelSize, poolSize] = [3, [2, block === 1 && inputShape[1]! > 1 ? 2 : 1] as [number, number]]
      const steps = [
        tf.layers.conv2d({
          filters: filters * 2 ** (block - 1),
          kernelSize,
          padding: 'same',
          useBias: false,
          kernelInitializer,
          name: `conv-${block}`,
        }),
        tf.layers.batchNormalization({ momentum: 0.9, name: `norm-${block}` }),
        tf.layers.activation({ activation: 'relu', name: `relu-${block}` }),
        tf.layers.maxPooling2d({ poolSize, strides: poolSize, name: `pool-${block}` }),
        ...(params.spatialDropout > 0 ? [spatialDropout(params.spatialDropout, `spatial-dropout-${block}`)] : []),
      ]
      for (const layer of steps) x = layer.apply(x) as Symbolic
    }
    x = silenced(new Frames({ name: 'frames' }).apply(x) as Symbolic, 'dropout-frames')
    const options = { kind: 'gru', depth: layers, units, bidirectional, dropout, seed, returnSequences: true } as const
    for (const layer of recurrentStack(options)) x = layer.apply(x) as Symbolic
    x = silenced(tf.layers.globalAveragePooling1d({ name: 'mean' }).apply(x) as Symbolic, 'dropout')
    const kernelInitializer = tf.initializers.glorotNormal({ seed: mixSeeds(seed, 0) })
    const logits = tf.layers.dense({ units: classCount, kernelInitializer, name: 'logits' }).apply(x) as Symbolic
    return tf.model({ inputs: input, outputs: logits, name: 'crnn' })
  },
})
