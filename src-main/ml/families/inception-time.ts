import { z } from 'zod'
import { StepMean, StepPresence, StepValues } from '../layers/steps'
import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { defineFamily } from './define'

type Symbolic = TensorFlow.SymbolicTensor

const network = { group: 'Network' }

const Params = z.object({
  modules: z
    .int()
    .min(1)
    .max(9)
    .default(3)
    .meta({
      ...network,
      title: 'Modules',
      description:
        'Each looks for patterns of three lengths at once; after every third there is a shortcut. The paper has 6.',
    }),
  filters: z
    .int()
    .min(1)
    .max(128)
    .default(16)
    .meta({
      ...network,
      title: 'Filters',
      description: 'Patterns of each length that a module looks for. The paper has 32.',
    }),
  kernelSize: z
    .int()
    .min(4)
    .max(80)
    .default(40)
    .meta({
      ...network,
      title: 'Longest pattern',
      description: 'Steps that the widest filter sees; the others see a half and a quarter of it.',
      unit: 'steps',
    }),
})

export default defineFamily<z.infer<typeof Params>>({
  id: 'inception-time',
  title: 'InceptionTime',
  summary: 'Convolutions of several lengths side by side: finds shapes wherever they are in a series.',
  reference: 'https://arxiv.org/abs/1909.04939',
  modalities: ['series'],
  firstChoiceFor: ['series'],
  tasks: ['classification'],
  params: Params,
  presets: [
    {
      id: 'small-set',
      title: 'Small set',
      suits: 'Up to about 2 000 series: many passes in small batches.',
      modalities: ['series'],
      fits: ({ sampleCount }) => sampleCount <= 2000,
      params: { epochs: 60, batchSize: 16, learningRate: 0.003 },
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
      params: { modules: 2, filters: 8, epochs: 20, batchSize: 16, learningRate: 0.005 },
    },
    {
      id: 'paper',
      title: 'As published',
      suits: 'Many samples, and time to wait: six modules of 32 filters.',
      modalities: ['series'],
      params: { modules: 6, filters: 32, epochs: 100, batchSize: 64, learningRate: 0.001 },
    },
  ],

  build({ params, inputShape, classCount, seed }) {
    const { modules, filters, kernelSize } = params
    let made = 0
    const convolve = (x: Symbolic, name: string, width: number, length: number) => {
      const kernelInitializer = tf.initializers.glorotUniform({ seed: mixSeeds(seed, ++made) })
      const options = {
        filters: width,
        kernelSize: length,
        padding: 'same',
        useBias: false,
        kernelInitializer,
        name,
      } as const
      return tf.layers.conv1d(options).apply(x) as Symbolic
    }
    const normalise = (x: Symbolic, name: string) =>
      tf.layers.batchNormalization({ momentum: 0.9, name }).apply(x) as Symbolic
    const relu = (x: Symbolic, name: string) => tf.layers.activation({ activation: 'relu', name }).apply(x) as Symbolic

    const input = tf.input({ shape: inputShape, name: 'input' })
    const present = new StepPresence({ name: 'presence' }).apply(input) as Symbolic
    const keep = (x: Symbolic, name: string) => tf.layers.multiply({ name }).apply([x, present]) as Symbolic
    /** What stands beyond a series' end is kept at zero, as it is before its start. */
    const inception = (x: Symbolic, name: string) => {
      const narrow = x.shape[2]! > 1 ? convolve(x, `${name}-bottleneck`, filters, 1) : x
      const lengths = [1, 2, 4].map((part) => Math.max(2, Math.floor(kernelSize / part)))
      const patterns = lengths.map((length, i) => convolve(narrow, `${name}-conv-${i + 1}`, filters, length))
      const pooled = tf.layers.maxPooling1d({ poolSize: 3, strides: 1, padding: 'same', name: `${name}-pool` }).apply(x)
      const joined = [...patterns, convolve(pooled as Symbolic, `${name}-pooled`, filters, 1)]
      const all = tf.layers.concatenate({ name: `${name}-concat` }).apply(joined) as Symbolic
      return keep(relu(normalise(all, `${name}-norm`), `${name}-relu`), name)
    }
    let x = new StepValues({ name: 'steps', isMask: false }).apply(input) as Symbolic
    let from = x
    for (let module = 1; module <= modules; module++) {
      x = inception(x, `module-${module}`)
      if (module % 3 > 0) continue
      const name = `shortcut-${module / 3}`
      const shortcut = normalise(convolve(from, name, 4 * filters, 1), `${name}-norm`)
      const sum = relu(tf.layers.add({ name: `${name}-add` }).apply([x, shortcut]) as Symbolic, `${name}-relu`)
      x = keep(sum, `${name}-end`)
      from = x
    }
    x = new StepMean({ name: 'mean' }).apply([x, present]) as Symbolic
    const kernelInitializer = tf.initializers.glorotNormal({ seed: mixSeeds(seed, 0) })
    const logits = tf.layers.dense({ units: classCount, kernelInitializer, name: 'logits' }).apply(x) as Symbolic
    return tf.model({ inputs: input, outputs: logits, name: 'inception-time' })
  },
})
