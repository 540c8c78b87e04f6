import { z } from 'zod'
import { tf, type Tensor } from '../tf'
import { defineAttribution } from './define'
import { whyNoRules, withGradient, withRules, type Rules } from './layer-rules'
import { targetScore } from './score'

const Params = z.object({
  epsilon: z.number().min(1e-6).max(10).default(0.001).meta({
    title: 'Epsilon',
    description: 'Takes weak and contradictory evidence out of each layer; larger gives sparser, calmer maps.',
    group: 'Map',
  }),
})

const title = 'Layer-wise relevance propagation'

/** `numerator / denominator`, and `otherwise` where the denominator is zero. */
function ratio(numerator: Tensor, denominator: Tensor, otherwise: Tensor): Tensor {
  const isZero = denominator.equal(0)
  return tf.where(isZero, otherwise, numerator.div(tf.where(isZero, tf.onesLike(denominator), denominator)))
}

/**
 * The epsilon rule as a change of the gradient (Ancona et al. 2018, arXiv:1711.06104): with relevance = value x gradient,
 * a linear layer scales what arrives by z / (z + epsilon sign z), and an activation by its output over its input.
 */
const epsilonRules = (epsilon: number): Rules => ({
  linear: (outputs) =>
    withGradient(
      outputs,
      (z) => z.clone(),
      (arriving, z) => arriving.mul(ratio(z.abs(), z.abs().add(epsilon), tf.zerosLike(z))),
    ),
  activation: (inputs, _, apply) =>
    withGradient(inputs, apply, (arriving, x, y) => arriving.mul(ratio(y, x, tf.zerosLike(x)))),
})

/** Hands the class's logit back layer by layer, to each input by its share in what it was added to (epsilon rule). */
export default defineAttribution({
  id: 'lrp',
  title,
  summary:
    "Hands the class's score (its logit) back from layer to layer, to each value by its share; what the network's own offsets add stays with them.",
  reference: 'https://doi.org/10.1371/journal.pone.0130140',
  params: Params,
  modalities: ['image', 'table', 'audio'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: false,
  whyIncompatible: whyNoRules(title),
  async attribute({ model, input, target, params, logits }) {
    const score = (x: Tensor) => targetScore({ logits }, x, target)
    return tf.tidy(() =>
      withRules(model, epsilonRules(params.epsilon), () => tf.grad(score)(input).mul(input).squeeze([0])),
    )
  },
})
