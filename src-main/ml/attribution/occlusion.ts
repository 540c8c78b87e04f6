import { z } from 'zod'
import { throwIfAborted } from '@shared/errors'
import { tf, type Tensor } from '../tf'
import { defineAttribution } from './define'

const Params = z.object({
  window: z.int().min(1).max(64).default(4).meta({
    title: 'Window',
    description: 'Side of the square that is covered at a time; small ones show detail, large ones whole parts.',
    group: 'Window',
    unit: 'pixels',
  }),
  stride: z.int().min(1).max(64).default(2).meta({
    title: 'Stride',
    description: 'How far the window moves between two looks; smaller is smoother and slower.',
    group: 'Window',
    unit: 'pixels',
  }),
  cover: z.enum(['baseline', 'mean']).default('baseline').meta({
    title: 'Cover with',
    description:
      'What hides the patch: the baseline (black), or the mean colour of the picture, which shows dark parts too.',
    group: 'Window',
  }),
})

const batch = 64

/** Upper left corners of the windows along one axis; the last window may reach over the edge and is cut there. */
const starts = (length: number, window: number, stride: number): number[] => {
  const count = Math.ceil(Math.max(0, length - window) / stride) + 1
  return Array.from({ length: count }, (_, i) => i * stride)
}

/** What covers, [height * width * channels]: the tensor's values, or the mean of each of its channels everywhere. */
async function coverOf(from: Tensor, cover: 'baseline' | 'mean'): Promise<Float32Array> {
  const values = tf.tidy(() => (cover === 'mean' ? tf.onesLike(from).mul(from.mean([1, 2], true)) : from.clone()))
  const data = await values.data<'float32'>()
  values.dispose()
  return data
}

/**
 * Covers a window with the baseline and takes the drop of the class's logit as the worth of every pixel in it; where
 * windows overlap the drops are averaged.
 */
export default defineAttribution({
  id: 'occlusion',
  title: 'Occlusion',
  summary:
    "How far the class's score (its logit) falls when a patch is covered: slow, and needs nothing of the network but its answers.",
  reference: 'https://arxiv.org/abs/1311.2901',
  params: Params,
  modalities: ['image', 'audio'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: false,
  coarse(params, shape) {
    // About 14 looks along the longer side.
    const stride = Math.max(params.stride, Math.ceil(Math.max(shape[0]!, shape[1]!) / 14))
    return { ...params, stride, window: Math.max(params.window, stride) }
  },
  async attribute({ input, baseline, target, params, logits, signal, progress }) {
    const [height, width, channels] = input.shape.slice(1) as [number, number, number]
    const original = await input.data<'float32'>()
    const cover = await coverOf(params.cover === 'mean' ? input : baseline, params.cover)
    const scoreOf = (values: Float32Array, count: number) =>
      tf.tidy(() =>
        logits(tf.tensor(values, [count, height, width, channels]))
          .slice([0, target], [-1, 1])
          .dataSync<'float32'>(),
      )
    const corners = starts(height, params.window, params.stride).flatMap((y) =>
      starts(width, params.window, params.stride).map((x) => ({ y, x })),
    )
    const forEachPixel = ({ y, x }: { y: number; x: number }, visit: (offset: number) => void) => {
      for (let row = y; row < Math.min(height, y + params.window); row++)
        for (let column = x; column < Math.min(width, x + params.window); column++)
          for (let channel = 0; channel < channels; channel++) visit((row * width + column) * channels + channel)
    }
    const size = original.length
    const [whole] = scoreOf(original, 1)
    const sums = new Float32Array(size)
    const visits = new Float32Array(size)
    for (let from = 0; from < corners.length; from += batch) {
      throwIfAborted(signal)
      const part = corners.slice(from, from + batch)
      const values = new Float32Array(part.length * size)
      part.forEach((corner, i) => {
        values.set(original, i * size)
        forEachPixel(corner, (offset) => (values[i * size + offset] = cover[offset]!))
      })
      const scores = scoreOf(values, part.length)
      part.forEach((corner, i) =>
        forEachPixel(corner, (offset) => {
          sums[offset]! += whole! - scores[i]!
          visits[offset]!++
        }),
      )
      progress(from + part.length, corners.length)
      await new Promise((done) => setImmediate(done))
    }
    return tf.tensor(
      sums.map((sum, offset) => (visits[offset]! > 0 ? sum / visits[offset]! : 0)),
      [height, width, channels],
    )
  },
})
