import { z } from 'zod'
import { tf } from '../tf'
import { defineAttribution } from './define'
import { scoreGradient } from './score'

/** The gradient of the class's logit times the input: the parts of a linear model, a first guess for any other. */
export default defineAttribution({
  id: 'input-x-gradient',
  title: 'Input × gradient',
  summary:
    'The gradient times the value it belongs to: what each value adds, were the network linear from here to zero.',
  reference: 'https://arxiv.org/abs/1605.01713',
  params: z.object({}),
  modalities: ['image', 'table', 'series', 'audio', 'text', 'graph'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: false,
  async attribute({ input, target, ...explained }) {
    return tf.tidy(() => scoreGradient(explained, input, target).mul(input).squeeze([0]))
  },
})
