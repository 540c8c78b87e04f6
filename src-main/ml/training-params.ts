import { z } from 'zod'
import { DataParams } from './data-params'
import { maskParams } from './mask-params'

const training = { group: 'Training' }
const ofClasses = { tasks: ['classification'] }
const optimizer = { group: 'Optimizer' }
const regularisation = { group: 'Regularisation' }
const stopping = { group: 'Stopping' }

/**
 * The hyperparameters that every family shares. The keys are what `--set key=value` takes; `when` names the other
 * setting without which one has no effect, so that a form can fold it away; `modalities` and `tasks` limit one to these.
 */
export const TrainingParams = z.object({
  epochs: z
    .int()
    .min(1)
    .max(10_000)
    .default(20)
    .meta({
      ...training,
      title: 'Epochs',
      description: 'How often the network sees every training sample.',
    }),
  batchSize: z
    .int()
    .min(1)
    .max(8192)
    .default(64)
    .meta({
      ...training,
      title: 'Batch size',
      description: 'Samples per step: smaller is noisier and often generalises better, larger is faster.',
      unit: 'samples',
    }),
  seed: z
    .int()
    .min(0)
    .max(2_147_483_647)
    .default(1)
    .meta({
      ...training,
      title: 'Seed',
      description: 'Fixes starting weights, order and noise: the same seed gives the same run.',
    }),
  classWeights: z
    .enum(['none', 'balanced'])
    .default('none')
    .meta({
      ...training,
      ...ofClasses,
      title: 'Class weights',
      description: 'Balanced lets mistakes on rare classes count for more, in proportion to their rarity.',
    }),
  optimizer: z
    .enum(['adam', 'adamw', 'sgd', 'momentum', 'rmsprop'])
    .default('adam')
    .meta({
      ...optimizer,
      title: 'Optimizer',
      description: 'How gradients become steps: adam suits most cases, adamw adds a clean weight decay.',
    }),
  learningRate: z
    .number()
    .gt(0)
    .max(100)
    .default(0.001)
    .meta({
      ...optimizer,
      title: 'Learning rate',
      description:
        'Length of a step: too large diverges, too small crawls. Plain sgd wants about ten times more than adam.',
    }),
  schedule: z
    .enum(['constant', 'step', 'cosine', 'warmup-cosine'])
    .default('cosine')
    .meta({
      ...optimizer,
      title: 'Schedule',
      description: 'How the learning rate falls during the run: cosine ends smoothly near zero.',
    }),
  warmupEpochs: z
    .number()
    .min(0)
    .max(1000)
    .default(1)
    .meta({
      ...optimizer,
      title: 'Warm-up',
      description: 'The learning rate climbs from zero over this time before it falls.',
      unit: 'epochs',
      advanced: true,
      when: { schedule: ['warmup-cosine'] },
    }),
  stepEpochs: z
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .meta({
      ...optimizer,
      title: 'Step every',
      description: 'After this many epochs the learning rate is multiplied by the step factor, again and again.',
      unit: 'epochs',
      advanced: true,
      when: { schedule: ['step'] },
    }),
  stepFactor: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .meta({
      ...optimizer,
      title: 'Step factor',
      description: 'What the learning rate is multiplied by at each step.',
      advanced: true,
      when: { schedule: ['step'] },
    }),
  momentum: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .meta({
      ...optimizer,
      title: 'Momentum',
      description: 'Share of the last step that is kept in the next one.',
      advanced: true,
      when: { optimizer: ['momentum'] },
    }),
  gradientClip: z
    .number()
    .min(0)
    .max(1e6)
    .default(0)
    .meta({
      ...optimizer,
      title: 'Gradient clip',
      description: 'Shortens gradients whose overall length exceeds this, which tames a diverging run; 0 is off.',
      advanced: true,
    }),
  weightDecay: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .meta({
      ...regularisation,
      title: 'Weight decay',
      description: 'Pulls weights towards zero at each step, apart from the gradient; for adamw only.',
      advanced: true,
      when: { optimizer: ['adamw'] },
    }),
  l1: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .meta({
      ...regularisation,
      title: 'L1 penalty',
      description: 'Adds this times the sum of absolute weights to the loss, which drives useless weights to zero.',
      advanced: true,
    }),
  l2: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .meta({
      ...regularisation,
      title: 'L2 penalty',
      description: 'Adds this times the sum of squared weights to the loss, which keeps weights small.',
    }),
  labelSmoothing: z
    .number()
    .min(0)
    .max(0.5)
    .default(0)
    .meta({
      ...regularisation,
      ...ofClasses,
      title: 'Label smoothing',
      description: 'Share of the target spread over all classes, so that the network stays less sure of itself.',
      advanced: true,
    }),
  mixup: z
    .number()
    .min(0)
    .max(4)
    .default(0)
    .meta({
      ...regularisation,
      modalities: ['image', 'audio', 'table'],
      title: 'Mixup',
      description:
        'Trains on blends of two samples and of their targets: around 0.2 blends few of them much, 1 all evenly, 0 none. The training figures are then those of blends.',
      advanced: true,
    }),
  averageWeights: z
    .number()
    .min(0)
    .max(0.9999)
    .default(0)
    .meta({
      ...regularisation,
      title: 'Average of weights',
      description:
        'The run answers with a moving average of its weights, of which this share is kept at each step: 0.99 looks back some hundred steps, 0 is off.',
      advanced: true,
    }),
  earlyStopping: z
    .boolean()
    .default(false)
    .meta({
      ...stopping,
      title: 'Early stopping',
      description: "Ends the run when the validation loss no longer falls, and keeps the best epoch's weights.",
    }),
  patience: z
    .int()
    .min(1)
    .max(1000)
    .default(8)
    .meta({
      ...stopping,
      title: 'Patience',
      description: 'How many epochs without a better validation loss are waited for.',
      unit: 'epochs',
      when: { earlyStopping: [true] },
    }),
  ...DataParams.shape,
  ...maskParams,
})

export type TrainingParams = z.infer<typeof TrainingParams>
