import { describe, expect, test } from 'vitest'
import deepLift from '@main/ml/attribution/deep-lift'
import { tf } from '@main/ml/tf'
import golden from './data/deep-lift.json'
import { build, type Array_, type Layer } from './network'

interface Model {
  id: string
  inputShape: number[]
  layers: Layer[]
  samples: { input: Array_; baseline: Array_; target: number; map: Array_ }[]
}

const models = golden.models as unknown as Model[]
const forms = models.flatMap((model) => [false, true].map((isSplit) => ({ id: model.id, model, isSplit })))

describe.each(forms)('Captum or shap agrees on $id, activations apart: $isSplit', ({ model: exported, isSplit }) => {
  test('every map within 1e-4 of its range, and nothing stays behind', async () => {
    const model = build(exported, isSplit)
    for (const { input, baseline, target, map } of exported.samples) {
      const batch = ({ data, shape }: Array_) => tf.tensor(data, [1, ...shape])
      const [x, base] = [batch(input), batch(baseline)]
      const logits = (at: typeof x) => model.apply(at, { training: false }) as typeof x
      const before = tf.memory().numTensors
      const found = await deepLift.attribute({
        input: x,
        baseline: base,
        target,
        params: { baseline: 'neutral' },
        logits,
        model,
        signal: new AbortController().signal,
        progress: () => {},
      })
      const values = await found.data<'float32'>()
      found.dispose()
      expect(tf.memory().numTensors).toBe(before)
      const range = Math.max(...map.data) - Math.min(...map.data)
      const error = Math.max(...map.data.map((value, i) => Math.abs(value - values[i]!)))
      expect(error / range).toBeLessThan(1e-4)
      tf.dispose([x, base])
    }
    model.dispose()
  })
})
