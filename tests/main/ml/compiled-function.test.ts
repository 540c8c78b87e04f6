import { describe, expect, test } from 'vitest'
import { compileScoreGradient, scoreGradient } from '@main/ml/attribution/score'
import { CompiledFunction } from '@main/ml/engine/compiled-function'
import { engineStatus, tf, type Tensor } from '@main/ml/tf'

const values = (tensor: Tensor) => tf.tidy(() => [...tensor.dataSync()])

describe.runIf(engineStatus().backend === 'tensorflow')('a compiled function', () => {
  test('gives the same before and after it became a graph, for each shape of its input', () => {
    let computed = 0
    const weight = tf.tensor2d([[1, -2]])
    const compiled = new CompiledFunction((x) => (computed++, tf.tanh(tf.mul(x, weight))), [weight])
    for (const rows of [1, 3]) {
      for (let i = 0; i < 9; i++) {
        const input = tf.fill([rows, 2], i / 10)
        const expected = values(tf.tanh(tf.mul(input, weight)))
        values(compiled.call(input)).forEach((value, k) => expect(value).toBeCloseTo(expected[k]!, 6))
      }
    }
    expect(computed).toBe(2 * (4 + 2)) // four calls op by op, two recordings
    compiled.dispose()
  })

  test('code that reads its values stays op by op, with a line in the log', () => {
    const lines: string[] = []
    const largest = (x: Tensor) => tf.mul(x, x.max().dataSync()[0]!)
    const compiled = new CompiledFunction(largest, [], (line) => lines.push(line))
    for (let i = 1; i < 9; i++) expect(values(compiled.call(tf.tensor1d([1, i])))).toEqual([i, i * i])
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/op by op.*reads its own values/)
  })

  test('the gradient of a score is that of the network, and leaves no tensor', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [6, 6, 1], filters: 3, kernelSize: 3, activation: 'relu' }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 3 }),
      ],
    })
    const logits = (x: Tensor) => model.apply(x) as Tensor
    const { gradient, dispose } = compileScoreGradient(model, logits)
    let tensors = 0
    for (let i = 0; i < 10; i++) {
      tf.engine().startScope()
      const input = tf.randomNormal([2, 6, 6, 1])
      const expected = values(scoreGradient({ logits }, input, i % 3))
      const found = scoreGradient({ logits, gradient }, input, i % 3)
      expect(found.shape).toEqual(input.shape)
      values(found).forEach((value, k) => expect(value).toBeCloseTo(expected[k]!, 5))
      tf.engine().endScope()
      if (i === 5) tensors = tf.memory().numTensors
    }
    expect(tf.memory().numTensors).toBe(tensors)
    dispose()
    model.dispose()
  })
})
