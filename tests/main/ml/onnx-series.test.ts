import { expect, test } from 'vitest'
import { familyNamed } from '@main/ml/settings'
import { describeParams, parseParams } from '@main/ml/params'
import { toOnnx } from '@main/ml/onnx/convert'
import { openSession } from '@main/ml/onnx/session'
import { tf, type LayersModel, type TensorFlow } from '@main/ml/tf'

const steps = 11

/** Series of several lengths, [count, steps, 3]: the last channel marks the steps. */
function padded(count: number): Float32Array {
  const values = tf.tidy(() => tf.randomNormal([count, steps, 3], 0, 1, 'float32', 5).dataSync<'float32'>().slice())
  for (let i = 0; i < count; i++)
    for (let step = 0; step < steps; step++) {
      const at = (i * steps + step) * 3
      const isThere = step < steps - (i % 5) * 2
      values[at + 2] = Number(isThere)
      if (!isThere) values.fill(0, at, at + 2)
    }
  return values
}

function drawWeights(model: LayersModel): void {
  const drawn = model.weights.map((weight, i) =>
    tf.randomUniform(weight.shape as number[], 0.05, 0.5, 'float32', i + 1),
  )
  model.setWeights(drawn)
  tf.dispose(drawn)
}

test.each([
  ['lstm', { units: 5, bidirectional: true, readout: 'mean' }],
  ['lstm', { units: 5, bidirectional: true, readout: 'last', layers: 2 }],
  ['lstm', { units: 5, bidirectional: false, readout: 'last' }],
  ['gru', { units: 5, bidirectional: true, readout: 'mean', layers: 2 }],
  ['gru', { units: 5, bidirectional: false, readout: 'last' }],
  ['tcn', { blocks: 3, filters: 4, kernelSize: 3 }],
  ['inception-time', { modules: 3, filters: 3, kernelSize: 8 }],
])('%s %j answers in ONNX Runtime as in the engine, series of unequal lengths too', async (id, own) => {
  const family = familyNamed(id)
  expect(Object.keys(describeParams(family.params).properties)).toEqual(expect.arrayContaining(Object.keys(own)))
  const params = parseParams(family.params, own, id)
  const model = family.build({ params: params as never, inputShape: [steps, 3], classCount: 4, seed: 1 })
  drawWeights(model)
  const values = padded(7)
  const expected = tf.tidy(() =>
    tf.softmax(model.predict(tf.tensor(values, [7, steps, 3])) as TensorFlow.Tensor).dataSync<'float32'>(),
  )
  const session = await openSession(toOnnx(model))
  const got = await session.probabilities(values, [7, steps, 3])
  await session.release()
  expect(Math.max(...got.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-5)
  model.dispose()
})

test.each([{}, { bidirectional: false, layers: 2, blocks: 2 }])(
  'crnn %j answers in ONNX Runtime as in the engine',
  async (own) => {
    const family = familyNamed('crnn')
    const params = parseParams(family.params, { filters: 4, units: 5, ...own }, 'crnn')
    const model = family.build({ params: params as never, inputShape: [12, 20, 1], classCount: 4, seed: 1 })
    drawWeights(model)
    const values = tf.tidy(() => tf.randomUniform([7, 12, 20, 1], 0, 1, 'float32', 6).dataSync<'float32'>().slice())
    const expected = tf.tidy(() =>
      tf.softmax(model.predict(tf.tensor(values, [7, 12, 20, 1])) as TensorFlow.Tensor).dataSync<'float32'>(),
    )
    const session = await openSession(toOnnx(model))
    const got = await session.probabilities(values, [7, 12, 20, 1])
    await session.release()
    expect(Math.max(...got.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-5)
    model.dispose()
  },
)
