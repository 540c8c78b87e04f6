import { z } from 'zod'
import { tf, type LayersModel, type Tensor } from '../tf'
import { defineAttribution } from './define'
import { whyNoRules, withGradient, withRules, type Rules } from './layer-rules'
import { targetScore } from './score'

const title = 'Guided backpropagation'

/** A ReLU lets only positive gradients through, of units that are on; other activations are left alone. */
const rules: Rules = {
  activation: (inputs, name, apply) =>
    name === 'relu'
      ? withGradient(inputs, apply, (arriving, x) => arriving.relu().mul(x.greater(0).cast('float32')))
      : apply(inputs),
}

const hasRelu = ({ layers }: LayersModel) => layers.some((layer) => layer.getConfig()['activation'] === 'relu')

/** Gradient of the class's logit with the negative part cut off at each ReLU on the way back. */
export default defineAttribution({
  id: 'guided-backpropagation',
  title,
  summary:
    'Sharp pictures of what switches units on. Looks convincing and hardly depends on what the network has learnt (Adebayo et al. 2018): compare it with other methods.',
  reference: 'https://arxiv.org/abs/1412.6806',
  params: z.object({}),
  modalities: ['image', 'table', 'audio'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: false,
  whyIncompatible: (model) =>
    whyNoRules(title)(model) ??
    (hasRelu(model) ? null : `${title} changes the gradient of ReLU layers, and this network has none.`),
  async attribute({ model, input, target, logits }) {
    const score = (x: Tensor) => targetScore({ logits }, x, target)
    return tf.tidy(() => withRules(model, rules, () => tf.grad(score)(input).squeeze([0])))
  },
})
