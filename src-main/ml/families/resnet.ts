import { z } from 'zod'
import { spatialDropout, SpatialDropoutParam } from '../dropout'
import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { defineFamily } from './define'

type Symbolic = TensorFlow.SymbolicTensor

const network = { group: 'Network' }

const Params = z.object({
  stages: z
    .int()
    .min(1)
    .max(5)
    .default(3)
    .meta({
      ...network,
      title: 'Stages',
      description: 'Each stage after the first halves the picture and doubles the filters; more see larger shapes.',
    }),
  blocksPerStage: z
    .int()
    .min(1)
    .max(18)
    .default(1)
    .meta({
      ...network,
      title: 'Blocks per stage',
      description: 'Residual blocks of two convolutions each; 3 stages of 3 make the ResNet-20 of the paper.',
    }),
  filters: z
    .int()
    .min(1)
    .max(512)
    .default(16)
    .meta({
      ...network,
      title: 'Filters',
      description: 'Patterns that the first stage looks for; every further stage has twice as many.',
    }),
  spatialDropout: SpatialDropoutParam,
  dropout: z.number().min(0).max(0.9).default(0.1).meta({
    group: 'Regularisation',
    title: 'Dropout',
    description: 'Share of features before the output that is silenced at random in each step, against overfitting.',
  }),
})

export default defineFamily<z.infer<typeof Params>>({
  id: 'resnet',
  title: 'Residual network',
  summary: 'Convolutions with shortcuts around them: trains deep, for colour pictures and many classes.',
  reference: 'https://arxiv.org/abs/1512.03385',
  modalities: ['image'],
  tasks: ['classification'],
  params: Params,
  presets: [
    {
      id: 'balanced',
      title: 'Balanced',
      suits: 'Up to about 20 000 pictures.',
      modalities: ['image'],
      fits: ({ sampleCount }) => sampleCount <= 20_000,
      params: { epochs: 15, learningRate: 0.003, batchSize: 64, optimizer: 'adamw', weightDecay: 0.0005 },
    },
    {
      id: 'large-set',
      title: 'Large set',
      suits: 'More than 20 000 pictures: fewer passes, larger batches.',
      modalities: ['image'],
      params: { epochs: 10, learningRate: 0.003, batchSize: 128, optimizer: 'adamw', weightDecay: 0.0005 },
    },
    {
      id: 'quick',
      title: 'Quick look',
      suits: 'A first answer in a minute.',
      modalities: ['image'],
      params: { filters: 8, epochs: 3, learningRate: 0.005 },
    },
    {
      id: 'thorough',
      title: 'Thorough',
      suits: 'Colour pictures and hard cases: the ResNet-20 of the paper, with augmentation.',
      modalities: ['image'],
      params: {
        blocksPerStage: 3,
        augment: true,
        epochs: 40,
        learningRate: 0.003,
        batchSize: 128,
        optimizer: 'adamw',
        weightDecay: 0.0005,
      },
    },
  ],

  check({ params, inputShape }) {
    const side = Math.min(inputShape[0]!, inputShape[1]!)
    if (side >> (params.stages - 1) >= 1) return []
    const most = Math.floor(Math.log2(side)) + 1
    return [
      {
        param: 'stages',
        message: `${params.stages} stages halve a picture of ${side} pixels down to nothing. Take at most ${most} stages or larger pictures.`,
      },
    ]
  },

  build({ params, inputShape, classCount, seed }) {
    const { stages, blocksPerStage, filters, dropout, spatialDropout: silenced } = params
    let made = 0
    const convolve = (x: Symbolic, name: string, depth: number, kernelSize: number, strides: number) =>
      tf.layers
        .conv2d({
          filters: depth,
          kernelSize,
          strides,
          padding: 'same',
          useBias: false,
          kernelInitializer: tf.initializers.heNormal({ seed: mixSeeds(seed, ++made) }),
          name,
        })
        .apply(x) as Symbolic
    const normalise = (x: Symbolic, name: string) =>
      tf.layers.batchNormalization({ momentum: 0.9, name }).apply(x) as Symbolic
    const relu = (x: Symbolic, name: string) => tf.layers.activation({ activation: 'relu', name }).apply(x) as Symbolic

    /** Two convolutions added to what came in; where the shape changes, what came in is projected (paper, section 3.3). */
    function block(x: Symbolic, name: string, depth: number, strides: number): Symbolic {
      let y = relu(normalise(convolve(x, `${name}-conv-1`, depth, 3, strides), `${name}-norm-1`), `${name}-relu-1`)
      if (silenced > 0) y = spatialDropout(silenced, `${name}-spatial-dropout`).apply(y) as Symbolic
      y = normalise(convolve(y, `${name}-conv-2`, depth, 3, 1), `${name}-norm-2`)
      const isSame = strides === 1 && x.shape.at(-1) === depth
      const shortcut = isSame ? x : normalise(convolve(x, `${name}-project`, depth, 1, strides), `${name}-project-norm`)
      return relu(tf.layers.add({ name: `${name}-add` }).apply([y, shortcut]) as Symbolic, `${name}-relu-2`)
    }

    const input = tf.input({ shape: inputShape, name: 'input' })
    let x = relu(normalise(convolve(input, 'stem-conv', filters, 3, 1), 'stem-norm'), 'stem-relu')
    for (let stage = 1; stage <= stages; stage++)
      for (let index = 1; index <= blocksPerStage; index++)
        x = block(x, `stage-${stage}-block-${index}`, filters * 2 ** (stage - 1), stage > 1 && index === 1 ? 2 : 1)
    x = tf.layers.globalAveragePooling2d({ name: 'average' }).apply(x) as Symbolic
    if (dropout > 0) x = tf.layers.dropout({ rate: dropout, name: 'dropout' }).apply(x) as Symbolic
    const kernelInitializer = tf.initializers.glorotNormal({ seed: mixSeeds(seed, 0) })
    const logits = tf.layers.dense({ units: classCount, kernelInitializer, name: 'logits' }).apply(x) as Symbolic
    return tf.model({ inputs: input, outputs: logits, name: 'resnet' })
  },
})
