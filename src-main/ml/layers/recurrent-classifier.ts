import { z } from 'zod'
import { mixSeeds } from '../random'
import { tf, type LayersModel, type TensorFlow } from '../tf'
import { recurrentStack } from './stack'
import { StepMean, StepPresence, StepValues } from './steps'

type Symbolic = TensorFlow.SymbolicTensor

const network = { group: 'Network' }

/** What the families of recurrent classifiers share. */
export const RecurrentParams = z.object({
  units: z
    .int()
    .min(1)
    .max(1024)
    .default(64)
    .meta({
      ...network,
      title: 'Units',
      description: 'Numbers that the network remembers from step to step, in each direction.',
      unit: 'units',
    }),
  layers: z
    .int()
    .min(1)
    .max(6)
    .default(1)
    .meta({
      ...network,
      title: 'Layers',
      description: 'Recurrent layers one above the other; more see longer patterns and train slower.',
    }),
  bidirectional: z
    .boolean()
    .default(true)
    .meta({
      ...network,
      title: 'Both directions',
      description: 'Reads each series from its end, too. Right wherever the whole series is known.',
    }),
  readout: z
    .enum(['mean', 'last'])
    .default('mean')
    .meta({
      ...network,
      title: 'Read out',
      description: 'What decides: the mean of what the network held at all steps, or what it holds at the end.',
    }),
  dropout: z.number().min(0).max(0.9).default(0.2).meta({
    group: 'Regularisation',
    title: 'Dropout',
    description: 'Share of what a layer hands on that is silenced at random in each step, against overfitting.',
  }),
})
export type RecurrentParams = z.infer<typeof RecurrentParams>

/** Input [time, channels + 1], the last channel marking the steps, to logits. */
export function recurrentClassifier(
  kind: 'lstm' | 'gru',
  { units, layers, bidirectional, readout, dropout }: RecurrentParams,
  { inputShape, classCount, seed }: { inputShape: number[]; classCount: number; seed: number },
): LayersModel {
  const isMean = readout === 'mean'
  const input = tf.input({ shape: inputShape, name: 'input' })
  let x = new StepValues({ name: 'steps', isMask: true }).apply(input) as Symbolic
  const stack = recurrentStack({ kind, depth: layers, units, bidirectional, dropout, seed, returnSequences: isMean })
  for (const layer of stack) x = layer.apply(x) as Symbolic
  if (isMean) {
    const present = new StepPresence({ name: 'presence' }).apply(input) as Symbolic
    x = new StepMean({ name: 'mean' }).apply([x, present]) as Symbolic
  }
  if (dropout > 0) x = tf.layers.dropout({ rate: dropout, name: 'dropout' }).apply(x) as Symbolic
  const kernelInitializer = tf.initializers.glorotNormal({ seed: mixSeeds(seed, 0) })
  const logits = tf.layers.dense({ units: classCount, kernelInitializer, name: 'logits' }).apply(x) as Symbolic
  return tf.model({ inputs: input, outputs: logits, name: kind })
}
