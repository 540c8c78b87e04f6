import { describe, expect, test } from 'vitest'
import { fuseBatchNorm } from '@main/ml/engine/batch-norm'
import { fuseLayerNorm } from '@main/ml/engine/layer-norm'
import { tf, type LayersModel, type Tensor, type TensorFlow } from '@main/ml/tf'

type Make = (config: { inputShape: number[] }) => TensorFlow.layers.Layer

const withNorm = (make: Make, inputShape: number[]) => {
  const model = tf.sequential({ layers: [make({ inputShape })] })
  // Scale and offset as training would leave them, not as they begin.
  model.setWeights(
    model.getWeights().map((weight) => tf.add(weight, tf.randomUniform(weight.shape, 0.1, 0.9, 'float32', 3))),
  )
  return model
}

/** Output, gradients of a weighted sum of it by input and weights, and the averages afterwards. */
function everything(model: LayersModel, x: Tensor): number[][] {
  const upstream = tf.randomNormal(x.shape, 0, 1, 'float32', 11)
  const weights = model.trainableWeights.map((weight) => weight.read() as TensorFlow.Variable)
  const input = tf.variable(x)
  const score = () => tf.sum(tf.mul(model.apply(input, { training: true }) as Tensor, upstream)) as TensorFlow.Scalar
  const { value, grads } = tf.variableGrads(score, [input, ...weights])
  const gradients = [input, ...weights].map(({ name }) => grads[name]!)
  const averages = model.nonTrainableWeights.map((weight) => weight.read())
  return [value, ...gradients, ...averages].map((tensor) => [...tensor.dataSync()])
}

describe('normalisations with gradients of their own', () => {
  test.each<[string, Make, number[]]>([
    ['batch normalisation of rows', (config) => tf.layers.batchNormalization(config), [5]],
    ['batch normalisation of pictures', (config) => tf.layers.batchNormalization(config), [4, 3, 5]],
    ['layer normalisation of rows', (config) => tf.layers.layerNormalization(config), [5]],
    ['layer normalisation of a sequence', (config) => tf.layers.layerNormalization(config), [3, 5]],
  ])('%s: outputs, gradients and averages are those of tfjs', (_, make, shape) => {
    const x = tf.randomNormal([6, ...shape], 1, 2, 'float32', 7)
    const expected = everything(withNorm(make, shape), x)
    const fused = withNorm(make, shape)
    fuseBatchNorm(fused)
    fuseLayerNorm(fused)
    const found = everything(fused, x)
    found.forEach((values, i) => values.forEach((value, k) => expect(value).toBeCloseTo(expected[i]![k]!, 4)))
  })
})
