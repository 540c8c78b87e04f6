import { describe, expect, test } from 'vitest'
import { tf } from '@main/ml/tf'
import { TrainStep, type Batch } from '@main/ml/train-step'
import { TrainingParams } from '@main/ml/training-params'
import type { RunParams } from '@main/ml/settings'

/** Two inputs, two classes, kernel and bias known: gradients can be worked out by hand. */
function linear(change: Partial<TrainingParams>) {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2], name: 'logits' })] })
  model.setWeights([
    tf.tensor2d([
      [1, -1],
      [2, 0.5],
    ]),
    tf.tensor1d([0.25, 0]),
  ])
  const params = { ...TrainingParams.parse({ optimizer: 'sgd' }), ...change } as RunParams
  return { model, step: new TrainStep(model, params) }
}

/** One sample x = (0, 0) of class 0: probabilities depend on the bias alone and the kernel's gradient is zero. */
function zeroBatch(): Batch {
  const oneHot = tf.tensor2d([[1, 0]])
  return { inputs: tf.zeros([1, 2]), labels: tf.tensor1d([0], 'int32'), oneHot, targets: oneHot }
}

const kernelAfter = (change: Partial<TrainingParams>, learningRate = 0.5) => {
  const { model, step } = linear(change)
  step.run(zeroBatch(), learningRate, 1)
  return [...model.getWeights()[0]!.dataSync()]
}

describe('a training step', () => {
  test('moves the bias by (p - y) and reports loss and right answers', () => {
    const { model, step } = linear({})
    const p = 1 / (1 + Math.exp(-0.25))
    const [loss, right] = step.run(zeroBatch(), 0.5, 1).dataSync()
    expect(loss).toBeCloseTo(-Math.log(p), 6)
    expect(right).toBe(1)
    const bias = model.getWeights()[1]!.dataSync()
    expect(bias[0]).toBeCloseTo(0.25 + 0.5 * (1 - p), 6)
    expect(bias[1]).toBeCloseTo(-0.5 * (1 - p), 6)
  })

  test('without a gradient of their own kernels stay', () => {
    expect(kernelAfter({})).toEqual([1, -1, 2, 0.5])
  })

  test('L2 pulls kernels by 2 * l2 * w, L1 by l1 * sign(w), and leaves biases', () => {
    const l2 = kernelAfter({ l2: 0.1 })
    ;[0.9, -0.9, 1.8, 0.45].forEach((value, i) => expect(l2[i]).toBeCloseTo(value, 6))
    const l1 = kernelAfter({ l1: 0.1 })
    ;[0.95, -0.95, 1.95, 0.45].forEach((value, i) => expect(l1[i]).toBeCloseTo(value, 6))
  })

  test("adamw's decay is apart from the gradient", () => {
    const decayed = kernelAfter({ optimizer: 'adamw', weightDecay: 0.1 })
    ;[0.95, -0.95, 1.9, 0.475].forEach((value, i) => expect(decayed[i]).toBeCloseTo(value, 6))
  })

  test('a gradient longer than the clip is shortened to it', () => {
    const { model, step } = linear({ gradientClip: 0.01 })
    step.run(zeroBatch(), 1, 1)
    const [first, second] = model.getWeights()[1]!.dataSync()
    expect(Math.hypot(first! - 0.25, second!)).toBeCloseTo(0.01, 6)
  })
})
