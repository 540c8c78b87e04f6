import { z } from 'zod'

/** Settings for what a run does not get to see, in training and whenever it is asked; `shared/masks` reads them. */
export const maskParams = {
  maskRegions: z
    .string()
    .nullable()
    .default(null)
    .meta({
      group: 'Masks',
      modalities: ['image'],
      title: 'Covered regions',
      description:
        'Regions that the network never sees, in training and afterwards: "left, top, width, height" in percent of the picture, several with semicolons between.',
      advanced: true,
    }),
  maskWords: z
    .string()
    .nullable()
    .default(null)
    .meta({
      group: 'Masks',
      modalities: ['text'],
      title: 'Words left out',
      description: 'Words that the network never reads, in training and afterwards, with semicolons between.',
      advanced: true,
    }),
  maskFields: z
    .string()
    .nullable()
    .default(null)
    .meta({
      group: 'Masks',
      modalities: ['table'],
      title: 'Fields left out',
      description: 'Fields that the network never sees, with semicolons between; others may still give them away.',
      advanced: true,
    }),
}
