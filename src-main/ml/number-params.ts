import { z } from 'zod'

/** Hyperparameters of training where a number is predicted; there are none of them where classes are. */
export const NumberParams = z.object({
  loss: z
    .enum(['squared', 'absolute', 'huber'])
    .default('squared')
    .meta({
      group: 'Training',
      tasks: ['regression'],
      title: 'Loss',
      description:
        'What training makes small: squared errors aim at the mean and mind large ones most, absolute ones aim at the median, huber is squared near zero and absolute beyond one standard deviation.',
    }),
})
export type NumberParams = z.infer<typeof NumberParams>
