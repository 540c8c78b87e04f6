import { describe, expect, test } from 'vitest'
import { gru } from '@main/ml/layers/gru'
import { lstm } from '@main/ml/layers/lstm'
import type { Recurrent } from '@main/ml/layers/recurrent'
import { tf, type Tensor, type TensorFlow } from '@main/ml/tf'
import golden from '../golden/data/recurrent.json'

interface Array_ {
  shape: number[]
  data: number[]
}

interface Case {
  judge: string
  kind: 'lstm' | 'gru'
  reset: 'after' | 'before'
  bidirectional: boolean
  layers: number
  mask: Array_ | null
  input: Array_
  initial: Array_[]
  weights: Array_[]
  outputs: Array_[]
  upstreams: Array_[]
  gradients: { input: Array_; initial: Array_[]; weights: Array_[] }
}

export const recurrentCases = (golden.cases as unknown as Case[]).map((each) => ({ ...each, title: titleOf(each) }))

function titleOf({ judge, kind, reset, bidirectional, layers, mask }: Case): string {
  const facts = [reset === 'before' && 'reset before', bidirectional && 'bidirectional', mask && 'masked']
  return [judge, kind, ...facts.filter(Boolean), layers > 1 && `${layers} layers`].filter(Boolean).join(', ')
}

export const asTensor = ({ data, shape }: Array_): Tensor => tf.tensor(data, shape)

/** The reference's network with its weights; only the top layer gives its states. */
export function networkOf({ kind, reset, bidirectional, layers, input, weights }: Case): Recurrent[] {
  const perLayer = bidirectional ? 6 : 3
  return Array.from({ length: layers }, (_, i) => {
    const options = { units: 5, seed: 1, bidirectional, returnSequences: true, returnState: i === layers - 1 }
    const layer = kind === 'lstm' ? lstm(options) : gru({ ...options, reset })
    const features = i === 0 ? input.shape[2]! : 5 * (bidirectional ? 2 : 1)
    layer.build([null, null, features])
    layer.setWeights(weights.slice(i * perLayer, (i + 1) * perLayer).map(asTensor))
    return layer
  })
}

/** Outputs and last states of the stacked layers; `x` and the initial states of the lowest. */
export function applyAll(layers: Recurrent[], x: Tensor, initial: Tensor[], mask: Tensor | null, training = false) {
  const kwargs = { training, ...(mask && { mask }) }
  let outputs: Tensor[] = [x, ...initial]
  for (const layer of layers) {
    const result = layer.apply(outputs.length > 1 ? outputs : outputs[0]!, kwargs) as Tensor | Tensor[]
    outputs = Array.isArray(result) ? result : [result]
  }
  return outputs
}

export function expectClose(found: Tensor, { shape, data }: Array_, what: string): void {
  expect(found.shape, what).toEqual(shape)
  const values = found.dataSync()
  const error = Math.max(...data.map((value, i) => Math.abs(value - values[i]!) / Math.max(1, Math.abs(value))))
  expect(error, what).toBeLessThan(1e-5)
}

/** Every case of the golden file, on whichever engine this process has. */
export function testRecurrent(options: { training: boolean }) {
  describe.each(recurrentCases)('$title', (each) => {
    test('outputs, last states and every gradient within 1e-5', () => {
      const before = tf.memory().numTensors
      tf.tidy(() => {
        const layers = networkOf(each)
        const initial = each.initial.map(asTensor)
        const mask = each.mask && asTensor(each.mask)
        const loss = (x: Tensor, states: Tensor[]) => {
          const outputs = applyAll(layers, x, states, mask, options.training)
          return tf.addN(outputs.map((output, i) => tf.sum(tf.mul(output, asTensor(each.upstreams[i]!))))) as never
        }
        const x = asTensor(each.input)
        applyAll(layers, x, initial, mask).forEach((found, i) => expectClose(found, each.outputs[i]!, `output ${i}`))
        const [dx, ...dStates] = tf.grads((...inputs) => loss(inputs[0]!, inputs.slice(1)))([x, ...initial])
        expectClose(dx!, each.gradients.input, 'input gradient')
        dStates.forEach((found, i) => expectClose(found, each.gradients.initial[i]!, `gradient of state ${i}`))
        const variables = layers.flatMap(({ weights }) => weights).map((weight) => weight.read() as TensorFlow.Variable)
        const { grads } = tf.variableGrads(() => loss(x, initial), variables)
        variables.forEach(({ name }, i) => expectClose(grads[name]!, each.gradients.weights[i]!, name))
        variables.forEach((variable) => variable.dispose())
      })
      expect(tf.memory().numTensors).toBe(before)
    })
  })
}
