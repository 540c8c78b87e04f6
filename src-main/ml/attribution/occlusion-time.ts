import { z } from 'zod'
import { throwIfAborted } from '@shared/errors'
import { tf } from '../tf'
import { defineAttribution } from './define'

const Params = z.object({
  window: z.int().min(1).max(512).default(4).meta({
    title: 'Window',
    description: 'Steps that are covered at a time; few show detail, many whole parts.',
    group: 'Window',
    unit: 'steps',
  }),
  stride: z.int().min(1).max(512).default(1).meta({
    title: 'Stride',
    description: 'How far the window moves between two looks; smaller is smoother and slower.',
    group: 'Window',
    unit: 'steps',
  }),
  each: z.boolean().default(true).meta({
    title: 'Each channel by itself',
    description: 'Covers one channel at a time; switched off, all channels of the window together.',
    group: 'Window',
  }),
})

const batch = 64

/**
 * Covers a window of steps with the baseline (the training mean) and takes the drop of the class's logit as the worth of
 * each step in it; where windows overlap the drops are averaged.
 */
export default defineAttribution({
  id: 'occlusion-time',
  title: 'Occlusion over time',
  summary:
    "How far the class's score (its logit) falls when some steps are covered by the mean: slow, and needs nothing of the network but its answers.",
  reference: 'https://arxiv.org/abs/1311.2901',
  params: Params,
  modalities: ['series'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: false,
  coarse(params, shape) {
    // About 32 looks along the series.
    const stride = Math.max(params.stride, Math.ceil(shape[0]! / 32))
    return { ...params, stride, window: Math.max(params.window, stride) }
  },
  async attribute({ input, baseline, target, params, logits, signal, progress }) {
    const [, steps, channels] = input.shape as [number, number, number]
    const [original, cover] = await Promise.all([input.data<'float32'>(), baseline.data<'float32'>()])
    const scores = (values: Float32Array, count: number) =>
      tf.tidy(() =>
        logits(tf.tensor(values, [count, steps, channels]))
          .slice([0, target], [-1, 1])
          .dataSync<'float32'>(),
      )
    const window = Math.min(params.window, steps)
    const starts = Array.from({ length: Math.ceil((steps - window) / params.stride) + 1 }, (_, i) => i * params.stride)
    const groups = params.each ? Array.from({ length: channels }, (_, k) => [k]) : [[...Array(channels).keys()]]
    const windows = groups.flatMap((group) => starts.map((start) => ({ group, start })))
    const offsetsOf = ({ group, start }: (typeof windows)[number]) =>
      Array.from({ length: Math.min(steps, start + window) - start }, (_, i) => start + i).flatMap((step) =>
        group.map((channel) => step * channels + channel),
      )
    const [whole] = scores(original, 1)
    const sums = new Float32Array(original.length)
    const visits = new Float32Array(original.length)
    for (let from = 0; from < windows.length; from += batch) {
      throwIfAborted(signal)
      const part = windows.slice(from, from + batch).map(offsetsOf)
      const values = new Float32Array(part.length * original.length)
      part.forEach((offsets, i) => {
        values.set(original, i * original.length)
        for (const offset of offsets) values[i * original.length + offset] = cover[offset]!
      })
      const got = scores(values, part.length)
      part.forEach((offsets, i) => {
        for (const offset of offsets) {
          sums[offset]! += whole! - got[i]!
          visits[offset]!++
        }
      })
      progress(from + part.length, windows.length)
      await new Promise((done) => setImmediate(done))
    }
    return tf.tensor(
      sums.map((sum, offset) => (visits[offset]! > 0 ? sum / visits[offset]! : 0)),
      [steps, channels],
    )
  },
})
