import { describe, expect, test } from 'vitest'
import { LossIsNoNumber, type Stepper } from '@main/ml/stepper'
import { engineStatus, tf, type Tensor } from '@main/ml/tf'
import { toyPlan, toySteppers } from './toy-stepper'

const losses = (stepper: Stepper, steps = toyPlan(20)) => steps.map((step) => stepper.train([step])[0]!.loss)

/** One batch again and again with a rate of zero: only noise can change its loss. */
const standing = (count: number) => {
  const [first] = toyPlan(1, 0)
  return Array.from({ length: count }, (_, i) => ({ ...first!, step: i + 1 }))
}

/** A dense network with a layer in it that does `call`. */
const withLayer = (call: (input: Tensor) => Tensor) => (inputShape: number[], units: number) => {
  const odd = tf.layers.activation({ activation: 'linear', inputShape })
  odd.call = (inputs) => tf.tidy(() => call(Array.isArray(inputs) ? inputs[0]! : inputs))
  return tf.sequential({ layers: [odd, tf.layers.dense({ units })] })
}

describe.runIf(engineStatus().backend === 'tensorflow')('the traced stepper', () => {
  test('no two steps share a dropout mask, and a step has the same one whenever it is taken', () => {
    const stepper = toySteppers({ params: { hiddenLayers: 1, units: 64, dropout: 0.5 } }).traced()
    const first = losses(stepper, standing(30))
    expect(new Set(first).size).toBe(30)
    stepper.setSlots([], 0)
    expect(losses(stepper, standing(30))).toEqual(first)
    stepper.dispose()
  })

  test('several steps in one call are the same to the bit', () => {
    const { traced } = toySteppers({ params: { units: 8, dropout: 0.3, batchNorm: true } })
    const [one, many] = [traced(), traced()]
    expect(many.stepsPerCall).toBe(8)
    const plan = Array.from({ length: 5 }, (_, k) => toyPlan(40).filter(({ indices }) => indices.length === 16)[k]!)
    const steps = [...plan, ...plan, ...plan, plan[0]!].map((step, i) => ({ ...step, step: i + 1 }))
    const single = losses(one, steps)
    const joined = [steps.slice(0, 8), steps.slice(8)].flatMap((eight) => many.train(eight).map(({ loss }) => loss))
    expect(joined).toEqual(single)
    expect(many.weights()).toEqual(one.weights())
    expect(many.slots()).toEqual(one.slots())
    one.dispose()
    many.dispose()
  })

  test('samples weigh what they are said to weigh, traced or not', () => {
    const params = { units: 8, dropout: 0 }
    const weighted = toySteppers({ params, weightOf: (index) => (index % 3) / 2 })
    const [traced, eager] = [weighted.traced(), weighted.eager()]
    eager.setWeights(traced.weights())
    const plain = toySteppers({ params }).traced()
    plain.setWeights(traced.weights())
    const alike = toySteppers({ params, weightOf: () => 1 }).traced()
    alike.setWeights(traced.weights())
    const found = losses(traced)
    losses(eager).forEach((loss, i) => expect(loss).toBeCloseTo(found[i]!, 4))
    const unweighted = losses(plain)
    expect(found[0]).toBeCloseTo(unweighted[0]!, 5) // told before the first step, and never weighted
    expect(found.slice(1)).not.toEqual(unweighted.slice(1))
    losses(alike).forEach((loss, i) => expect(loss).toBeCloseTo(unweighted[i]!, 5))
    for (const stepper of [traced, eager, plain, alike]) stepper.dispose()
  })

  test('its state goes into another one, traced or not', () => {
    const { traced, eager } = toySteppers({ params: { units: 8, dropout: 0.2, optimizer: 'adam' } })
    const [first, second, third] = [traced(), traced(), eager()]
    losses(first)
    for (const other of [second, third]) {
      other.setWeights(first.weights())
      other.setSlots(first.slots(), 20)
    }
    const next = toyPlan(40).slice(20)
    const expected = losses(first, next)
    expect(losses(second, next)).toEqual(expected)
    losses(third, next).forEach((loss, i) => expect(loss).toBeCloseTo(expected[i]!, 4))
    for (const stepper of [first, second, third]) stepper.dispose()
  })

  test('averages of batch normalisation move on in the graph, and predictions use them', () => {
    const { traced, eager } = toySteppers({ params: { units: 8, batchNorm: true, dropout: 0.2 } })
    const [graph, plain] = [traced(), eager()]
    losses(graph)
    losses(plain)
    const averages = (stepper: Stepper) => stepper.weights().filter(({ name }) => name.includes('moving'))
    expect(averages(graph).length).toBeGreaterThan(0)
    averages(graph).forEach(({ data }, i) =>
      data.forEach((value, k) => expect(value).toBeCloseTo(averages(plain)[i]!.data[k]!, 5)),
    )
    const all = Int32Array.from({ length: 90 }, (_, i) => 89 - i)
    const expected = plain.predict(all)
    graph.predict(all).forEach((p, i) => expect(p).toBeCloseTo(expected[i]!, 4))
    graph.dispose()
    plain.dispose()
  })

  test('a loss that is no number ends it at that very step, within a call of several too', () => {
    const { traced } = toySteppers({ params: { units: 8, dropout: 0, optimizer: 'sgd' } })
    const stepper = traced()
    const [first] = toyPlan(1)
    const before = stepper.weights()
    const rates = [0, 0, 0, 1e38, 0, 0, 0, 0]
    const steps = rates.map((learningRate, i) => ({ ...first!, learningRate, step: i + 1 }))
    const failure = (() => {
      try {
        stepper.train(steps)
      } catch (error) {
        return error
      }
    })()
    expect(failure).toBeInstanceOf(LossIsNoNumber)
    expect((failure as LossIsNoNumber).planned.step).toBe(5)
    stepper.setWeights(before)
    stepper.setSlots([], 0)
    expect(stepper.train([first!])[0]!.loss).toBeGreaterThan(0)
    stepper.dispose()
  })

  test.each([
    ['reads a value', (x: Tensor) => x.mul(x.max().dataSync()[0]!), /reads its own values/],
    ['draws in JavaScript', (x: Tensor) => x.add(tf.randomUniform(x.shape)), /changes from run to run/],
    [
      'counts in JavaScript',
      (
        (n) => (x: Tensor) =>
          x.mul(1 / ++n)
      )(0),
      /changes from run to run/,
    ],
  ])('a layer that %s is computed op by op, with a line in the log', (_, call, reason) => {
    const lines: string[] = []
    const { traced } = toySteppers({ build: withLayer(call), log: (text) => lines.push(text) })
    const stepper = traced()
    expect(stepper.how).toBe('op by op')
    expect(lines[0]).toMatch(reason)
    losses(stepper, toyPlan(3)).forEach((loss) => expect(loss).toBeGreaterThan(0))
    stepper.dispose()
  })

  test('leaves no tensor behind and none pile up', () => {
    const { traced } = toySteppers({ params: { units: 8, dropout: 0.2 } })
    const stepper = traced()
    const before = tf.memory().numTensors
    losses(stepper, toyPlan(200))
    stepper.predict(Int32Array.of(1, 2, 3))
    expect(tf.memory().numTensors).toBe(before)
    stepper.dispose()
  })
})
