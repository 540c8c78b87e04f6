import { z } from 'zod'

const training = { group: 'Training' }
const optimizer = { group: 'Optimizer' }
const regularisation = { group: 'Regularisation' }
const stopping = { group: 'Stopping' }
const augmentation = { group: 'Augmentation', modalities: ['image', 'audio'] }
const turning = { ...augmentation, modalities: ['image'] }

/**
 * The hyperparameters that every family shares. The keys are what `--set key=value` takes; `when` names the other
 * setting without which one has no effect, so that a form can fold it away.
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
        'Trains on blends of two samples and of their classes: around 0.2 blends few of them much, 1 all evenly, 0 none. The training figures are then those of blends.',
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
  imageSize: z
    .int()
    .min(0)
    .max(512)
    .default(0)
    .meta({
      group: 'Pictures',
      modalities: ['image'],
      title: 'Picture size',
      description: 'Side length that pictures are scaled to; 0 takes their most frequent size, at most 64.',
      unit: 'pixels',
    }),
  colour: z
    .enum(['auto', 'grey', 'colour'])
    .default('auto')
    .meta({
      group: 'Pictures',
      modalities: ['image'],
      title: 'Colour',
      description: 'Whether the network sees colour; auto does unless the pictures are grey.',
    }),
  augment: z
    .boolean()
    .default(false)
    .meta({
      ...augmentation,
      title: 'Augment',
      description: 'Shows slightly changed pictures in each epoch, so that the network learns what does not matter.',
    }),
  flipHorizontal: z
    .boolean()
    .default(false)
    .meta({
      ...turning,
      title: 'Flip',
      description: 'Mirrors half of the pictures left to right: right for scenes, wrong for digits and letters.',
      when: { augment: [true] },
    }),
  shift: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.08)
    .meta({
      ...augmentation,
      title: 'Shift',
      description: 'Moves pictures by up to this share of their size.',
      when: { augment: [true] },
    }),
  rotate: z
    .number()
    .min(0)
    .max(180)
    .default(8)
    .meta({
      ...turning,
      title: 'Rotate',
      description: 'Turns pictures by up to this angle either way.',
      unit: 'degrees',
      when: { augment: [true] },
    }),
  zoom: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .meta({
      ...augmentation,
      title: 'Zoom',
      description: 'Enlarges or shrinks pictures by up to this share.',
      when: { augment: [true] },
    }),
  brightness: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .meta({
      ...augmentation,
      title: 'Brightness',
      description: 'Makes pictures brighter or darker by up to this share of full white.',
      when: { augment: [true] },
    }),
  clipSeconds: z
    .number()
    .min(0)
    .max(30)
    .default(0)
    .meta({
      group: 'Sound',
      modalities: ['audio'],
      title: 'Length',
      description:
        'How much of each clip the network hears; 0 takes what 95 % of the training clips fit into, at most 4.',
      unit: 'seconds',
    }),
  melBands: z
    .int()
    .min(8)
    .max(128)
    .default(40)
    .meta({
      group: 'Sound',
      modalities: ['audio'],
      title: 'Pitch bands',
      description: 'Bands of the spectrogram, narrow for low sounds and wide for high ones, as ears have them.',
      unit: 'bands',
    }),
  seriesLength: z
    .int()
    .min(0)
    .max(4096)
    .default(0)
    .meta({
      group: 'Series',
      modalities: ['series'],
      title: 'Length',
      description:
        'Steps that the network sees; 0 takes the longest training series, at most 512. Longer ones are averaged down.',
      unit: 'steps',
    }),
  normalise: z
    .enum(['channel', 'sample', 'none'])
    .default('channel')
    .meta({
      group: 'Series',
      modalities: ['series'],
      title: 'Normalise',
      description:
        'Brings values to mean 0 and deviation 1: by channel with the figures of the training split, or each sample by its own, where only the shape counts.',
    }),
  vocabularySize: z
    .int()
    .min(1)
    .max(200_000)
    .default(10_000)
    .meta({
      group: 'Text',
      modalities: ['text'],
      title: 'Vocabulary',
      description: 'Most words that have a number of their own, the most frequent ones; all others count as unknown.',
      unit: 'words',
    }),
  wordCount: z
    .int()
    .min(1)
    .max(1000)
    .default(2)
    .meta({
      group: 'Text',
      modalities: ['text'],
      title: 'Occurrences',
      description:
        'How often a word must occur in training texts to be known. At least 2 also teaches the network what to make of unknown words.',
    }),
  textLength: z
    .int()
    .min(0)
    .max(4096)
    .default(0)
    .meta({
      group: 'Text',
      modalities: ['text'],
      title: 'Length',
      description:
        'Words that the network reads of each text; 0 takes as many as 99 % of the training texts have, at most 256.',
      unit: 'words',
    }),
  excludeSensitive: z
    .boolean()
    .default(false)
    .meta({
      group: 'Fields',
      modalities: ['table'],
      title: 'Leave out sensitive fields',
      description: 'Hides the sensitive fields from the network; others may still give them away.',
    }),
  reweigh: z
    .string()
    .nullable()
    .default(null)
    .meta({
      group: 'Fields',
      modalities: ['table'],
      title: 'Reweigh by',
      description:
        'A sensitive field: training samples are weighed so that its groups have the favourable label equally often.',
      advanced: true,
    }),
})

export type TrainingParams = z.infer<typeof TrainingParams>
