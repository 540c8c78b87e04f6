import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { askSavedModel, writeSavedModel } from '@main/ml/export-savedmodel'
import { gru } from '@main/ml/layers/gru'
import { lstm } from '@main/ml/layers/lstm'
import type { Recurrent } from '@main/ml/layers/recurrent'
import { shardCount } from '@main/ml/layers/shards'
import { recurrentStack } from '@main/ml/layers/stack'
import { tf, type LayersModel, type Tensor } from '@main/ml/tf'
import type { TrainedModel } from '@main/ml/trained'

// Before the imports: each op on one thread, ops side by side, which is when a batch is computed in parts.
vi.hoisted(() => {
  process.env['TF_NUM_INTRAOP_THREADS'] = '1'
  process.env['TF_NUM_INTEROP_THREADS'] = '2'
})

const largest = (a: Tensor, b: Tensor) => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!)

describe('a batch computed in parts', () => {
  test('is so only where the parts are large enough', () => {
    expect([32, 48, 64, 33, 16, 8].map(shardCount)).toEqual([2, 2, 2, 1, 1, 1])
  })

  const options = { units: 6, seed: 3, bidirectional: true, returnSequences: true, returnState: true }
  const makers = {
    lstm: () => lstm(options),
    gru: () => gru(options),
    'gru, reset before': () => gru({ ...options, reset: 'before' }),
  }

  test.each(Object.entries(makers))('%s: outputs and gradients are those of the whole batch', (_, make) => {
    tf.tidy(() => {
      const layer: Recurrent = make()
      const x = tf.randomNormal([32, 9, 4], 0, 1, 'float32', 5)
      const mask = tf.greater(tf.randomUniform([32, 9], 0, 1, 'float32', 6), 0.3)
      const outputs = (training: boolean) => layer.apply(x, { training, mask }) as Tensor[]
      const whole = outputs(false)
      outputs(true).forEach((part, i) => expect(largest(part, whole[i]!)).toBeLessThan(1e-6))
      const loss = (training: boolean) => () =>
        tf.addN(outputs(training).map((each) => tf.sum(tf.square(each)))) as never
      const [parts, all] = [tf.variableGrads(loss(true)), tf.variableGrads(loss(false))]
      for (const [name, gradient] of Object.entries(all.grads)) {
        expect(largest(gradient, parts.grads[name]!), name).toBeLessThan(1e-4)
        expect(largest(gradient, tf.zerosLike(gradient)), name).toBeGreaterThan(0.01)
      }
      layer.weights.forEach((weight) => weight.read().dispose())
    })
  })
})

describe('stacked recurrent layers', () => {
  const build = (kind: 'lstm' | 'gru', seed: number): LayersModel =>
    tf.sequential({
      layers: [
        tf.layers.masking({ maskValue: -1, inputShape: [6, 3] }),
        ...recurrentStack({ kind, units: 4, depth: 2, bidirectional: true, dropout: 0.5, seed }),
        tf.layers.dense({ units: 2, name: 'logits' }),
      ],
    })

  test('same seed, same weights; another seed, others', () => {
    tf.tidy(() => {
      const [first, again, other] = [build('gru', 1), build('gru', 1), build('gru', 2)].map((each) => each.getWeights())
      first!.slice(0, -2).forEach((weight, i) => expect(largest(weight, again![i]!)).toBe(0))
      expect(largest(first![1]!, other![1]!)).toBeGreaterThan(0.1)
      expect(largest(first![0]!, first![3]!), 'the directions differ').toBeGreaterThan(0.1)
      const gram = tf.matMul(first![1]!, first![1]!, false, true)
      expect(largest(gram, tf.eye(4)), 'recurrent kernels start orthogonal').toBeLessThan(1e-6)
    })
    tf.disposeVariables()
  })

  test('a masked end changes nothing', () => {
    tf.tidy(() => {
      const model = build('lstm', 1)
      const x = tf.randomNormal([2, 6, 3], 0, 1, 'float32', 4)
      const short = tf.concat([tf.slice(x, [0, 0, 0], [2, 4, 3]), tf.fill([2, 2, 3], -1)], 1)
      const padded = tf.concat([tf.fill([2, 2, 3], -1), tf.slice(x, [0, 0, 0], [2, 4, 3])], 1)
      const [a, b, c] = [short, padded, x].map((each) => model.predict(each) as Tensor) as [Tensor, Tensor, Tensor]
      expect(largest(a, b)).toBeLessThan(1e-6)
      expect(largest(a, c)).toBeGreaterThan(1e-3)
    })
    tf.disposeVariables()
  })

  test.each(['lstm', 'gru'] as const)('%s: exported as a graph they serve any batch', async (kind) => {
    const folder = await mkdtemp(join(tmpdir(), 'pellucid-test-'))
    const model = build(kind, 1)
    const logits = (x: Tensor) => model.apply(x, { training: false }) as Tensor
    const trained = { model, inputShape: [6, 3], meta: { classes: ['a', 'b'] }, logits } as unknown as TrainedModel
    try {
      await writeSavedModel(trained, folder)
      const x = tf.concat([tf.randomNormal([5, 4, 3], 0, 1, 'float32', 4), tf.fill([5, 2, 3], -1)], 1)
      const served = await askSavedModel(folder, x)
      expect(
        largest(
          served,
          tf.tidy(() => tf.softmax(logits(x))),
        ),
      ).toBeLessThan(1e-6)
    } finally {
      tf.disposeVariables()
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('come through JSON, as a saved model holds them', async () => {
    const model = build('gru', 1)
    const copy = await tf.models.modelFromJSON(JSON.parse(model.toJSON() as unknown as string) as never)
    tf.tidy(() => {
      copy.setWeights(model.getWeights())
      const x = tf.randomNormal([2, 6, 3], 0, 1, 'float32', 4)
      expect(largest(copy.predict(x) as Tensor, model.predict(x) as Tensor)).toBe(0)
    })
    tf.disposeVariables()
  })

  test('a sequence of the wrong rank is refused with what was expected', () => {
    expect(() => lstm({ units: 2, seed: 1 }).apply(tf.zeros([2, 3]))).toThrow('[batch, time, features], and got [2, 3]')
  })
})
