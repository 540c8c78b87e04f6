import { z } from 'zod'
import { CausalConv } from '../layers/causal-conv'
import { StepMean, StepPresence, StepValues } from '../layers/steps'
import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { defineFamily } from './define'

type Symbolic = TensorFlow.SymbolicTensor

const network = { group: 'Network' }

const Params = z.object({
  blocks: z
    .int()
    .min(1)
    .max(10)
    .default(4)
    .meta({
      ...network,
      title: 'Blocks',
      description: 'Each looks twice as far back as the one before it.',
    }),
  filters: z
    .int()
    .min(1)
    .max(256)
    .default(32)
    .meta({
      ...network,
      title: 'Filters',
      description: 'Patterns that each convolution looks for.',
    }),
  kernelSize: z
    .int()
    .min(2)
    .max(15)
    .default(5)
    .meta({
      ...network,
      title: 'Kernel size',
      description: 'Steps that a filter sees at once; with the dilations it reaches much further.',
      unit: 'steps',
    }),
  dropout: z.number().min(0).max(0.9).default(0.2).meta({
    group: 'Regularisation',
    title: 'Dropout',
    description: 'Share of what each convolution gives that is silenced at random in each step, against overfitting.',
  }),
})

/** Steps back that the last block can see. */
const reach = ({ blocks, kernelSize }: z.infer<typeof Params>) => 1 + 2 * (kernelSize - 1) * (2 ** blocks - 1)

export default defineFamily<z.infer<typeof Params>>({
  id: 'tcn',
  title: 'Temporal convolutional network',
  summary: 'Dilated convolutions with shortcuts that look only back: sees far with few layers, and trains in parallel.',
  reference: 'https://arxiv.org/abs/1803.01271',
  modalities: ['series'],
  tasks: ['classification'],
  params: Params,
  presets: [
    {
      id: 'small-set',
      title: 'Small set',
      suits: 'Up to about 2 000 series.',
      modalities: ['series'],
      fits: ({ sampleCount }) => sampleCount <= 2000,
      params: { epochs: 60, batchSize: 16, learningRate: 0.001, gradientClip: 1 },
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
      params: { blocks: 3, filters: 16, epochs: 20, batchSize: 16, learningRate: 0.005 },
    },
  ],

  check({ params, inputShape }) {
    const steps = inputShape[0]!
    if (steps === 0 || (params.kernelSize - 1) * 2 ** (params.blocks - 1) < 4 * steps) return []
    return [
      {
        param: 'blocks',
        message: `${params.blocks} blocks look ${reach(params)} steps back, far more than the ${steps} there are. Take fewer blocks.`,
      },
    ]
  },

  build({ params, inputShape, classCount, seed }) {
    const { blocks, filters, kernelSize, dropout } = params
    const input = tf.input({ shape: inputShape, name: 'input' })
    const relu = (x: Symbolic, name: string) => tf.layers.activation({ activation: 'relu', name }).apply(x) as Symbolic
    const convolve = (x: Symbolic, name: string, level: number, dilation: number) => {
      const convolution = new CausalConv({ filters, kernelSize, dilation, seed: mixSeeds(seed, level), name })
      const sums = relu(convolution.apply(x) as Symbolic, `${name}-relu`)
      if (dropout === 0) return sums
      return tf.layers.dropout({ rate: dropout, name: `${name}-dropout` }).apply(sums) as Symbolic
    }
    const present = new StepPresence({ name: 'presence' }).apply(input) as Symbolic
    let x = new StepValues({ name: 'steps', isMask: false }).apply(input) as Symbolic
    for (let block = 1; block <= blocks; block++) {
      const dilation = 2 ** (block - 1)
      const inner = convolve(x, `block-${block}-conv-1`, 2 * block, dilation)
      const outer = convolve(inner, `block-${block}-conv-2`, 2 * block + 1, dilation)
      const level = { filters, kernelSize: 1, dilation: 1, seed: mixSeeds(seed, 100), name: 'shortcut' }
      const shortcut = block === 1 ? (new CausalConv(level).apply(x) as Symbolic) : x
      x = relu(tf.layers.add({ name: `block-${block}-add` }).apply([outer, shortcut]) as Symbolic, `block-${block}`)
    }
    x = new StepMean({ name: 'mean' }).apply([x, present]) as Symbolic
    const kernelInitializer = tf.initializers.glorotNormal({ seed: mixSeeds(seed, 0) })
    const logits = tf.layers.dense({ units: classCount, kernelInitializer, name: 'logits' }).apply(x) as Symbolic
    return tf.model({ inputs: input, outputs: logits, name: 'tcn' })
  },
})
