import { z } from 'zod'
import { tf, type Tensor } from '../tf'
import { Baseline, baselineOf } from './baselines'
import { defineAttribution } from './define'
import { whyNoRules, withGradient, withRules, type Rules } from './layer-rules'
import { targetScore } from './score'

const title = 'DeepLIFT'

/** Differences of inputs below it are rounding: the slope at the sample takes the place of the quotient. */
const smallest = 1e-6
/** Half the step of that slope, by central difference. */
const step = 1e-3

/** First half (the sample) and second half (the baseline) of a batch. */
const halves = (x: Tensor) => tf.split(x, 2) as [Tensor, Tensor]

/** `change / distance` for the sample, nothing for the baseline; `otherwise` where the two do not differ. */
function quotient(change: Tensor, distance: Tensor, otherwise: Tensor): Tensor {
  const isSame = distance.abs().less(smallest)
  const first = tf.where(isSame, otherwise, change.div(tf.where(isSame, tf.onesLike(distance), distance)))
  return tf.concat([first, tf.zerosLike(first)])
}

/** The rescale rule: what bends passes on its mean slope between baseline and sample. Batches are a sample and its baseline. */
const rescale: Rules = {
  activation: (inputs, _, apply) =>
    withGradient(inputs, apply, (arriving, x, y) => {
      const [[at, from], [top, bottom], [coming]] = [halves(x), halves(y), halves(arriving)]
      const slope = apply(at.add(step))
        .sub(apply(at.sub(step)))
        .div(2 * step)
      return quotient(coming.mul(top.sub(bottom)), at.sub(from), coming.mul(slope))
    }),
  // The change of a maximum goes in two steps, through the larger of both, each to the place that held the maximum.
  maxPool: (inputs, apply, unpool) =>
    withGradient(inputs, apply, (arriving, x, y) => {
      const [[at, from], [top, bottom], [coming]] = [halves(x), halves(y), halves(arriving)]
      const larger = tf.maximum(top, bottom)
      const up = unpool(coming.mul(larger.sub(bottom)), at, top)
      const down = unpool(coming.mul(top.sub(larger)), from, bottom)
      return quotient(up.add(down), at.sub(from), unpool(coming, at, top))
    }),
}

/** What the sample changes in the class's logit compared with a baseline, handed back by slopes between the two. */
export default defineAttribution({
  id: 'deep-lift',
  title,
  summary:
    "How much each input value adds to the class's score (its logit) compared with a neutral baseline, in one pass; the parts add up.",
  reference: 'https://arxiv.org/abs/1704.02685',
  params: z.object({ baseline: Baseline }),
  modalities: ['image', 'table', 'audio'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: true,
  whyIncompatible: whyNoRules(title),
  baselineOf: ({ baseline }, input, neutral) => baselineOf(baseline, input, neutral),
  async attribute({ model, input, baseline: neutral, target, params, logits }) {
    return tf.tidy(() => {
      const baseline = baselineOf(params.baseline, input, neutral)
      const score = (x: Tensor) => targetScore({ logits: (both) => logits(both).slice(0, 1) }, x, target)
      const multipliers = withRules(model, rescale, () => tf.grad(score)(tf.concat([input, baseline])))
      return multipliers.slice(0, 1).mul(input.sub(baseline)).squeeze([0])
    })
  },
})
