import { z } from 'zod'
import { spatialDropout, SpatialDropoutParam } from '../dropout'
import { mixSeeds } from '../random'
import { tf } from '../tf'
import { defineFamily } from './define'

const network = { group: 'Network' }

const Params = z.object({
  blocks: z
    .int()
    .min(1)
    .max(6)
    .default(2)
    .meta({
      ...network,
      title: 'Blocks',
      description: 'Each block convolves and then halves the picture; more see larger shapes.',
    }),
  filters: z
    .int()
    .min(1)
    .max(512)
    .default(32)
    .meta({
      ...network,
      title: 'Filters',
      description: 'Patterns that the first block looks for; every further block has twice as many.',
    }),
  kernelSize: z
    .int()
    .min(1)
    .max(11)
    .default(3)
    .meta({
      ...network,
      title: 'Kernel size',
      description: 'Side of the window that a filter sees at once.',
      unit: 'pixels',
    }),
  denseUnits: z
    .int()
    .min(0)
    .max(4096)
    .default(128)
    .meta({
      ...network,
      title: 'Dense units',
      description: 'Width of the layer between the convolutions and the output; 0 leaves it out.',
      unit: 'units',
    }),
  batchNorm: z
    .boolean()
    .default(false)
    .meta({
      ...network,
      title: 'Batch normalisation',
      description:
        'Re-centres what each block passes on: steadier for deep networks and colour pictures, slower per step.',
    }),
  spatialDropout: SpatialDropoutParam,
  dropout: z.number().min(0).max(0.9).default(0.3).meta({
    group: 'Regularisation',
    title: 'Dropout',
    description: 'Share of units before the output that is silenced at random in each step, against overfitting.',
  }),
})

export default defineFamily<z.infer<typeof Params>>({
  id: 'cnn',
  title: 'Convolutional network',
  summary: 'Blocks of convolutions and pooling: finds shapes wherever they are in a picture.',
  reference:
    'LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86, 1998',
  modalities: ['image', 'audio'],
  firstChoiceFor: ['image', 'audio'],
  tasks: ['classification'],
  params: Params,
  presets: [
    {
      id: 'clips',
      title: 'Clips',
      suits: 'Words, calls and other short sounds: seen as pictures of their pitch, with augmentation.',
      modalities: ['audio'],
      params: { blocks: 3, batchNorm: true, filters: 24, epochs: 25, batchSize: 32, augment: true, zoom: 0.15 },
    },
    {
      id: 'quick-clips',
      title: 'Quick look',
      suits: 'A first answer in a minute.',
      modalities: ['audio'],
      params: { filters: 16, denseUnits: 64, epochs: 15, batchSize: 16, learningRate: 0.003 },
    },
    {
      id: 'balanced',
      title: 'Balanced',
      suits: 'Up to about 20 000 small pictures.',
      modalities: ['image'],
      fits: ({ sampleCount }) => sampleCount <= 20_000,
      params: { epochs: 12 },
    },
    {
      id: 'large-set',
      title: 'Large set',
      suits: 'More than 20 000 pictures: fewer passes, larger batches.',
      modalities: ['image'],
      params: { epochs: 6, batchSize: 128, learningRate: 0.0015 },
    },
    {
      id: 'quick',
      title: 'Quick look',
      suits: 'A first answer in a minute.',
      modalities: ['image'],
      params: { filters: 16, denseUnits: 64, epochs: 3, learningRate: 0.002 },
    },
    {
      id: 'thorough',
      title: 'Thorough',
      suits: 'Colour pictures and hard cases: deeper, normalised, with augmentation.',
      modalities: ['image'],
      params: { blocks: 3, batchNorm: true, dropout: 0.4, augment: true, epochs: 30 },
    },
  ],

  check({ params, inputShape }) {
    const side = Math.min(inputShape[0]!, inputShape[1]!)
    const problems = []
    if (params.kernelSize > side)
      problems.push({
        param: 'kernelSize',
        message: `A kernel of ${params.kernelSize} pixels is larger than the picture's ${side}. Take a smaller kernel or larger pictures.`,
      })
    if (side >> params.blocks < 1)
      problems.push({
        param: 'blocks',
        message: `${params.blocks} blocks halve a picture of ${side} pixels down to nothing. Take at most ${Math.floor(Math.log2(side))} blocks or larger pictures.`,
      })
    return problems
  },

  build({ params, inputShape, classCount, seed }) {
    const { blocks, filters, kernelSize, denseUnits, batchNorm, dropout, spatialDropout: silenced } = params
    const seeded = (layer: number) => tf.initializers.heNormal({ seed: mixSeeds(seed, layer) })
    const model = tf.sequential({ name: 'cnn' })
    model.add(tf.layers.inputLayer({ inputShape, name: 'input' }))
    for (let block = 1; block <= blocks; block++) {
      model.add(
        tf.layers.conv2d({
          filters: filters * 2 ** (block - 1),
          kernelSize,
          padding: 'same',
          useBias: !batchNorm,
          kernelInitializer: seeded(block),
          name: `conv-${block}`,
        }),
      )
      if (batchNorm) model.add(tf.layers.batchNormalization({ momentum: 0.9, name: `norm-${block}` }))
      model.add(tf.layers.activation({ activation: 'relu', name: `relu-${block}` }))
      model.add(tf.layers.maxPooling2d({ poolSize: 2, name: `pool-${block}` }))
      if (silenced > 0) model.add(spatialDropout(silenced, `spatial-dropout-${block}`))
    }
    model.add(tf.layers.flatten({ name: 'flatten' }))
    if (denseUnits > 0) {
      model.add(
        tf.layers.dense({
          units: denseUnits,
          activation: 'relu',
          kernelInitializer: seeded(blocks + 1),
          name: 'dense',
        }),
      )
    }
    if (dropout > 0) model.add(tf.layers.dropout({ rate: dropout, name: 'dropout' }))
    const kernelInitializer = tf.initializers.glorotNormal({ seed: mixSeeds(seed, 0) })
    model.add(tf.layers.dense({ units: classCount, kernelInitializer, name: 'logits' }))
    return model
  },
})
