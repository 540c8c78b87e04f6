import { afterEach, describe, expect, test } from 'vitest'
import { createOptimizer, stepScalars } from '@main/ml/optimizers'
import { learningRateAt } from '@main/ml/schedule'
import { tf, type TensorFlow } from '@main/ml/tf'
import { TrainingParams } from '@main/ml/training-params'

afterEach(() => tf.disposeVariables())

/** Minimises f(w) = sum(c * w^2) / 2, whose gradient is c * w, and returns w after each step. */
function descend(optimizer: TrainingParams['optimizer'], learningRate: number, steps: number): number[][] {
  const curvature = [1, 4]
  const { slots: names, update } = createOptimizer({ optimizer, momentum: 0.9 })
  let weights = [1, -2]
  let slots = names.map(() => tf.zeros([2]) as ReturnType<typeof tf.add>)
  return Array.from({ length: steps }, (_, i) => {
    const gradient = tf.tensor1d(weights.map((w, k) => w * curvature[k]!))
    const result = update(gradient, slots, stepScalars(learningRate, i + 1))
    const step = result.step.dataSync()
    slots = result.slots
    weights = weights.map((w, k) => w - step[k]!)
    return weights
  })
}

/** The same by tfjs' own optimizer. */
function tfjsDescend(optimizer: TensorFlow.Optimizer, steps: number): number[][] {
  const weights = tf.variable(tf.tensor1d([1, -2]))
  const curvature = tf.tensor1d([1, 4])
  return Array.from({ length: steps }, () => {
    optimizer.minimize(() => tf.sum(tf.mul(curvature, tf.square(weights))).div(2) as ReturnType<typeof tf.scalar>)
    return [...weights.dataSync()]
  })
}

const close = (a: number[][], b: number[][], digits: number) =>
  a.forEach((row, i) => row.forEach((value, k) => expect(value).toBeCloseTo(b[i]![k]!, digits)))

describe('optimizers', () => {
  test('sgd steps along the gradient', () => {
    close(
      descend('sgd', 0.1, 2),
      [
        [0.9, -1.2],
        [0.81, -0.72],
      ],
      6,
    )
  })

  test('momentum keeps a share of its last step', () => {
    // First velocity (1, -8); then 0.9 * (1, -8) + (0.9, -4.8) = (1.8, -12).
    close(
      descend('momentum', 0.1, 2),
      [
        [0.9, -1.2],
        [0.72, 0],
      ],
      6,
    )
    close(descend('momentum', 0.05, 10), tfjsDescend(tf.train.momentum(0.05, 0.9), 10), 4)
  })

  test("adam's first step is the learning rate against the gradient's sign", () => {
    close(descend('adam', 0.1, 1), [[0.9, -1.9]], 6)
    close(descend('adam', 0.1, 20), tfjsDescend(tf.train.adam(0.1, 0.9, 0.999, 1e-8), 20), 4)
  })

  test('rmsprop divides by the root of its average', () => {
    close(descend('rmsprop', 0.01, 1), [[1 - 0.01 / Math.sqrt(0.1), -2 + 0.01 / Math.sqrt(0.1)]], 5)
    close(descend('rmsprop', 0.01, 10), tfjsDescend(tf.train.rmsprop(0.01, 0.9, 0, 1e-8), 10), 3)
  })

  test.each(['adam', 'adamw', 'sgd', 'momentum', 'rmsprop'] as const)('%s finds the minimum', (optimizer) => {
    const last = descend(optimizer, 0.05, 300).at(-1)!
    expect(Math.max(...last.map(Math.abs))).toBeLessThan(0.06)
  })
})

describe('learning rate', () => {
  const base = { ...TrainingParams.parse({}), learningRate: 0.1, epochs: 10 }
  const at = (step: number, change: Partial<TrainingParams>) => learningRateAt(step, 5, { ...base, ...change })

  test('constant stays', () => expect(at(49, { schedule: 'constant' })).toBe(0.1))

  test('step falls by its factor', () => {
    const schedule = { schedule: 'step', stepEpochs: 4, stepFactor: 0.5 } as const
    expect([at(19, schedule), at(20, schedule), at(45, schedule)]).toEqual([0.1, 0.05, 0.025])
  })

  test('cosine begins at the rate, is half-way in the middle and ends near zero', () => {
    expect(at(0, { schedule: 'cosine' })).toBeCloseTo(0.1, 9)
    expect(at(25, { schedule: 'cosine' })).toBeCloseTo(0.0505, 9)
    expect(at(50, { schedule: 'cosine' })).toBeCloseTo(0.001, 9)
  })

  test('warm-up climbs first', () => {
    const rates = Array.from({ length: 12 }, (_, step) => at(step, { schedule: 'warmup-cosine', warmupEpochs: 2 }))
    expect(rates.slice(0, 10)).toEqual([...rates.slice(0, 10)].sort((a, b) => a - b))
    expect(rates[0]).toBeGreaterThan(0)
    expect(rates[10]).toBeCloseTo(0.1, 9)
    expect(rates[11]).toBeLessThan(0.1)
  })
})
