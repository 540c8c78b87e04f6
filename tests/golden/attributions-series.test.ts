import { expect, test } from 'vitest'
import type { SampleAttribution } from '@main/ml/attribution/define'
import { recurrentClassifier } from '@main/ml/layers/recurrent-classifier'
import { attributions } from '@main/ml/registry'
import { tf, type Tensor } from '@main/ml/tf'
import golden from './data/attributions_series.json'

const tensor = ({ shape, data }: { shape: number[]; data: number[] }): Tensor => tf.tensor(data, shape)
const [, time, channels] = golden.input.shape as [number, number, number]

/** The product's own LSTM classifier with the reference's weights; every step is there. */
function reference() {
  const params = { units: golden.units, layers: 1, bidirectional: true, readout: 'mean' as const, dropout: 0 }
  const classCount = golden.logits.shape[1]!
  const model = recurrentClassifier('lstm', params, { inputShape: [time, channels + 1], classCount, seed: 1 })
  model.setWeights(golden.weights.map(tensor))
  const logits = (x: Tensor) =>
    tf.tidy(() => model.apply(tf.concat([x, tf.ones([x.shape[0]!, time, 1])], 2), { training: false }) as Tensor)
  return { model, logits }
}

const largest = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs))

test('the LSTM with the weights of PyTorch gives its logits', () => {
  const got = reference().logits(tensor(golden.input)).dataSync()
  expect(largest(Array.from(got, (value, i) => value - golden.logits.data[i]!))).toBeLessThan(1e-5)
})

test.each(golden.maps)('$method of an LSTM agrees with Captum', async ({ method, params, shape, data }) => {
  const { model, logits } = reference()
  const input = tensor(golden.input)
  const explained = { input, baseline: tf.zerosLike(input), target: golden.target, logits, model }
  const map = await (attributions.get(method) as SampleAttribution).attribute({
    ...explained,
    params,
    signal: new AbortController().signal,
    progress: () => {},
  })
  expect(map.shape).toEqual(shape)
  const values = await map.data()
  expect(largest(Array.from(values, (value, i) => value - data[i]!))).toBeLessThan(1e-4 * largest(data))
})
