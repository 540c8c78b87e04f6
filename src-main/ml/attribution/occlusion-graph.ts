import { z } from 'zod'
import { throwIfAborted } from '@shared/errors'
import { tf } from '../tf'
import { defineAttribution } from './define'

const batch = 16

/**
 * Takes away one edge, or one value of the node's features, at a time, and takes the drop of the class's logit as its worth.
 */
export default defineAttribution({
  id: 'occlusion-graph',
  title: 'Occlusion by edge',
  summary:
    "How far the class's score (its logit) falls when an edge, or one of the node's features, is taken away: slow, and needs nothing of the network but its answers.",
  reference: 'https://arxiv.org/abs/1311.2901',
  params: z.object({}),
  modalities: ['graph'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: false,
  async attribute({ input, baseline, target, logits, signal, progress }) {
    const [, count] = input.shape as [number, number]
    const [original, absent] = await Promise.all([input.data<'float32'>(), baseline.data<'float32'>()])
    const scores = (values: Float32Array) =>
      tf.tidy(() =>
        logits(tf.tensor(values, [values.length / count, count]))
          .slice([0, target], [-1, 1])
          .dataSync<'float32'>(),
      )
    const [whole] = scores(original)
    const drops = new Float32Array(count)
    for (let from = 0; from < count; from += batch) {
      throwIfAborted(signal)
      const size = Math.min(batch, count - from)
      const values = new Float32Array(size * count)
      for (let i = 0; i < size; i++) {
        values.set(original, i * count)
        values[i * count + from + i] = absent[from + i]!
      }
      scores(values).forEach((score, i) => (drops[from + i] = whole! - score))
      progress(from + size, count)
      await new Promise((done) => setImmediate(done))
    }
    return tf.tensor1d(drops)
  },
})
