import { z } from 'zod'
import { throwIfAborted } from '@shared/errors'
import { tf, type Tensor } from '../tf'
import { defineAttribution } from './define'

const Params = z.object({
  window: z.int().min(1).max(64).default(1).meta({
    title: 'Window',
    description: 'Words one after the other that are covered at a time.',
    group: 'Window',
    unit: 'words',
  }),
})

const batch = 64

/**
 * Covers a window of words with the baseline (a vector of zeros, as where there is no word) and takes the drop of the
 * class's logit as the worth of each word in it; where windows overlap the drops are averaged.
 */
export default defineAttribution({
  id: 'occlusion-words',
  title: 'Occlusion by word',
  summary:
    "How far the class's score (its logit) falls when a word is blanked out: slow, and needs nothing of the network but its answers.",
  reference: 'https://arxiv.org/abs/1612.08220',
  params: Params,
  modalities: ['text'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: false,
  async attribute({ input, baseline, target, params, logits, signal, progress }) {
    const [, words] = input.shape as [number, number, number]
    const window = Math.min(params.window, words)
    const starts = Array.from({ length: words - window + 1 }, (_, start) => start)
    const scores = (masks: Tensor | null) =>
      tf.tidy(() => {
        const covered = masks ? tf.add(tf.mul(input, masks), tf.mul(baseline, tf.sub(1, masks))) : input
        return logits(covered).slice([0, target], [-1, 1]).dataSync<'float32'>()
      })
    const [whole] = scores(null)
    const sums = new Float32Array(words)
    const visits = new Float32Array(words)
    for (let from = 0; from < starts.length; from += batch) {
      throwIfAborted(signal)
      const part = starts.slice(from, from + batch)
      const kept = new Float32Array(part.length * words).fill(1)
      part.forEach((start, i) => kept.fill(0, i * words + start, i * words + start + window))
      const masks = tf.tensor(kept, [part.length, words, 1])
      const got = scores(masks)
      masks.dispose()
      part.forEach((start, i) => {
        for (let at = start; at < start + window; at++) {
          sums[at]! += whole! - got[i]!
          visits[at]!++
        }
      })
      progress(from + part.length, starts.length)
      await new Promise((done) => setImmediate(done))
    }
    return tf.tensor(sums.map((sum, at) => sum / visits[at]!))
  },
})
