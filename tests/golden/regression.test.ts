import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { numberLoss, meanNumberLoss, type NumberLoss } from '@main/ml/engine/number-loss'
import { numberJudge } from '@main/ml/outcome-numbers'
import type { RunParams } from '@main/ml/settings'
import type { Snapshot } from '@main/ml/snapshot'
import { tf } from '@main/ml/tf'
import { numberMetrics } from '@shared/metrics/regression'

interface Golden {
  metrics: Record<string, { truth: number[]; predicted: number[] } & ReturnType<typeof numberMetrics>>
  losses: { outputs: number[]; targets: number[] } & Record<NumberLoss, { loss: number; gradient: number[] }>
  constants: { train: number[]; truth: number[] } & Record<'mean' | 'median', Record<'value' | 'mae' | 'rmse', number>>
}
const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'data/regression.json'), 'utf8')) as Golden

describe('predicted numbers by the reference libraries', () => {
  test.each(Object.entries(golden.metrics))('metrics of scikit-learn: %s', (_, { truth, predicted, ...expected }) => {
    const found = numberMetrics(truth, predicted)
    for (const [name, value] of Object.entries(expected)) {
      const own = found[name as keyof typeof found]
      if (value === null) expect(own, name).toBeNull()
      else expect(own, name).toBeCloseTo(value, 9)
    }
  })

  test.each(['squared', 'absolute', 'huber'] as const)('%s loss of PyTorch, with its gradient', (kind) => {
    const { outputs, targets } = golden.losses
    const expected = golden.losses[kind]
    const single = outputs.map((output, i) => numberLoss(kind, output - targets[i]!))
    expect(single.reduce((sum, loss) => sum + loss, 0) / single.length).toBeCloseTo(expected.loss, 12)
    const column = (values: number[]) => tf.tensor2d(values, [values.length, 1])
    const [loss, gradient] = tf.tidy(() => {
      const found = tf.valueAndGrad((x) => meanNumberLoss(kind, x, column(targets)))(column(outputs))
      return [found.value.dataSync()[0]!, Array.from(found.grad.dataSync())]
    })
    expect(loss).toBeCloseTo(expected.loss, 5)
    gradient.forEach((slope, i) => expect(slope).toBeCloseTo(expected.gradient[i]!, 6))
  })

  test('always the mean, always the median: what a network must beat', () => {
    const { train, truth, mean, median } = golden.constants
    const samples = [
      ...train.map((target, i) => ({ id: i, target, split: 'train' as const })),
      ...truth.map((target, i) => ({ id: 100 + i, target, split: 'test' as const })),
    ]
    const snapshot = { samples, classes: [], task: 'regression' } as unknown as Snapshot
    const params = { loss: 'squared' } as RunParams
    const baseline = numberJudge(snapshot, { name: 'x', mean: 0, deviation: 1 }, params).baseline('test')
    for (const [own, expected] of [[baseline.mean!, mean] as const, [baseline.median!, median] as const])
      for (const key of ['value', 'mae', 'rmse'] as const) expect(own[key]).toBeCloseTo(expected[key], 9)
    expect(baseline.majorityAccuracy).toBeNull()
  })
})
