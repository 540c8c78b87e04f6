import { expect, test } from 'vitest'
import { costOf } from '@main/ml/cost'
import { buildOutline } from '@main/ml/model'
import { familyNamed, type RunParams } from '@main/ml/settings'
import { timeSteps } from '@main/ml/time-steps'
import { resolveParams } from '@main/ml/settings'
import { tf } from '@main/ml/tf'

const params = (family: string, asked = {}): RunParams =>
  resolveParams(familyNamed(family), asked, undefined, {
    modality: family === 'cnn' ? 'image' : 'table',
    sampleCount: 1000,
    inputShape: [],
    classCount: 10,
  })

test('a dense network costs a multiply-add per weight', () => {
  const own = params('mlp', { hiddenLayers: 2, units: 32, batchNorm: false, optimizer: 'adam' })
  const model = buildOutline(familyNamed('mlp'), own, [30], 10)
  const { multiplyAdds, memoryBytes } = costOf(model, own, 64)
  expect(multiplyAdds).toBe(30 * 32 + 32 * 32 + 32 * 10)
  // weights, gradients and two slots each, and some room for a batch
  expect(memoryBytes).toBeGreaterThan(4 * 4 * model.countParams())
  expect(memoryBytes - costOf(model, own, 32).memoryBytes).toBe(costOf(model, own, 96).memoryBytes - memoryBytes)
  model.dispose()
})

test('a convolution costs its kernel at each place, a table that is looked up nothing', () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 8, kernelSize: 3, padding: 'same', inputShape: [12, 10, 2] }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 4 }),
    ],
  })
  expect(costOf(model, params('cnn'), 8).multiplyAdds).toBe(12 * 10 * 3 * 3 * 2 * 8 + 12 * 10 * 8 * 4)
  const words = tf.sequential({ layers: [tf.layers.embedding({ inputDim: 500, outputDim: 8, inputLength: 20 })] })
  expect(costOf(words, params('cnn'), 8).multiplyAdds).toBe(0)
})

test('times steps of a network, the larger one for longer', () => {
  const time = (units: number) =>
    timeSteps({ family: 'mlp', params: params('mlp', { units }), inputShape: [64], classCount: 3, seconds: 0.1 })
  const [small, large] = [time(8).msPerStep, time(1024).msPerStep]
  expect(small).toBeGreaterThan(0)
  expect(large).toBeGreaterThan(small)
})
