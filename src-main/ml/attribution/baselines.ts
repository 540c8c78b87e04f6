import { z } from 'zod'
import { WorkbenchError } from '@shared/errors'
import { tf, type Tensor, type TensorFlow } from '../tf'

/** What a sample is compared with, a setting of methods that need such a point. */
export const Baseline = z.enum(['neutral', 'mean', 'blur']).default('neutral').meta({
  title: 'Compared with',
  description:
    'What counts as absent: neutral is black for pictures, the average row for tables, the training mean for series and no word for texts; for pictures also their mean colour, which shows dark parts too, or the picture blurred.',
  group: 'Path',
})

/** Standard deviation of the blur, in shares of the picture's longer side: no shape is left, its large patches are. */
const blurShare = 1 / 8

/** The chosen baseline of a sample, [1, ...shape]; `invalid_input` where a table is asked for a picture's. */
export function baselineOf(kind: z.infer<typeof Baseline>, input: Tensor, neutral: Tensor): Tensor {
  if (kind === 'neutral') return neutral.clone()
  if (input.rank !== 4)
    throw new WorkbenchError('invalid_input', `The baseline "${kind}" is for pictures; otherwise choose "neutral".`)
  if (kind === 'mean') return tf.tidy(() => tf.onesLike(input).mul(input.mean([1, 2], true)))
  return blurred(input as TensorFlow.Tensor4D)
}

/** Gaussian blur [1, h, w, c], cut at three standard deviations; what lies beyond the edge does not count. */
function blurred(picture: TensorFlow.Tensor4D): Tensor {
  const [, height, width] = picture.shape
  const sigma = Math.max(height, width) * blurShare
  return tf.tidy(() => {
    const across = gaussian(width, sigma)
    const down = gaussian(height, sigma)
    // [1, h, w, c] → rows mixed → columns mixed: two products of matrices.
    const rows = tf.matMul(down, picture.reshape([height, -1])).reshape(picture.shape)
    const turned = rows.transpose([0, 2, 1, 3]).reshape([width, -1])
    return tf.matMul(across, turned).reshape([1, width, height, picture.shape[3]]).transpose([0, 2, 1, 3])
  })
}

/** Row i: how much each of `length` places in a line adds to place i; rows sum to one. */
function gaussian(length: number, sigma: number): TensorFlow.Tensor2D {
  const rows = Array.from({ length }, (_, i) => {
    const row = Array.from({ length }, (_, j) =>
      Math.abs(i - j) > 3 * sigma ? 0 : Math.exp(-((i - j) ** 2) / (2 * sigma ** 2)),
    )
    const total = row.reduce((sum, value) => sum + value, 0)
    return row.map((value) => value / total)
  })
  return tf.tensor2d(rows)
}
