import { z } from 'zod'

const augmentation = { group: 'Augmentation', modalities: ['image', 'audio'] }
const turning = { ...augmentation, modalities: ['image'] }

/** How samples become inputs, by kind of data: the part of every family's hyperparameters that is about the data. */
export const DataParams = z.object({
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
      tasks: ['classification'],
      title: 'Reweigh by',
      description:
        'A sensitive field: training samples are weighed so that its groups have the favourable label equally often.',
      advanced: true,
    }),
})
