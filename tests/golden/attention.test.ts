import { expect, test } from 'vitest'
import { SelfAttention } from '@main/ml/layers/attention'
import { tf, type Tensor } from '@main/ml/tf'
import golden from './data/attention.json'

interface Array {
  shape: number[]
  data: number[]
}
const tensor = ({ shape, data }: Array): Tensor => tf.tensor(data, shape)
const difference = (got: Tensor, { shape, data }: Array): number => {
  expect(got.shape).toEqual(shape)
  return Math.max(...Array.from(got.dataSync<'float32'>(), (value, i) => Math.abs(value - data[i]!)))
}

test('self-attention with its gradients is that of PyTorch, words that are not there included', () => {
  const layer = new SelfAttention({ heads: golden.heads, seed: 1, name: 'attention' })
  const [inputs, present, upstream] = [golden.inputs, golden.present, golden.upstream].map(tensor) as Tensor[]
  layer.apply([inputs, present] as Tensor[])
  layer.setWeights(golden.weights.map(tensor))
  expect(difference(layer.call([inputs!, present!]), golden.outputs)).toBeLessThan(1e-5)
  const score = (x: Tensor) => tf.sum(tf.mul(layer.call([x, present!]), upstream!)) as never
  expect(difference(tf.grad(score)(inputs!), golden.inputGradient)).toBeLessThan(1e-5)
  const variables = layer.weights.map((weight) => (weight as never as { val: never }).val)
  const { grads } = tf.variableGrads(() => score(inputs!), variables)
  Object.values(grads).forEach((gradient, i) =>
    expect(difference(gradient, golden.gradients[i]!), layer.weights[i]!.originalName).toBeLessThan(1e-5),
  )
  expect(Object.keys(grads)).toHaveLength(4)
})
