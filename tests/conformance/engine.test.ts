import { describe, expect, test } from 'vitest'
import { gru } from '@main/ml/layers/gru'
import { lstm } from '@main/ml/layers/lstm'
import type { NamedArray } from '@main/ml/safetensors'
import type { Stepper } from '@main/ml/stepper'
import { engineStatus, tf, type LayersModel, type TensorFlow } from '@main/ml/tf'
import { averagedWeights } from '@main/ml/weight-average'
import type { Params } from '@shared/schemas/run'
import { toyPlan, toySteppers, type ToyRun } from '../main/ml/toy-stepper'

/** Mean loss of each of 50 steps, the last, smaller batch of each epoch among them. */
function lossesOf(stepper: Stepper, learningRate: number): number[] {
  const plan = toyPlan(50, learningRate)
  const losses = plan.map((step) => stepper.train([step])[0]!.loss / step.indices.length)
  stepper.dispose()
  return losses
}

function expectClose(losses: number[], others: number[]) {
  losses.forEach((loss, i) => expect(Math.abs(loss - others[i]!), `step ${i + 1}`).toBeLessThan(1e-5))
  expect(losses.at(-1)).not.toBe(losses[0])
}

function expectTracedIsEager(run: ToyRun, learningRate = 0.01) {
  const { traced, eager } = toySteppers(run)
  const graph = traced()
  expect(graph.how).toBe('as one graph')
  expectClose(lossesOf(graph, learningRate), lossesOf(eager(), learningRate))
}

const plain: Params = { hiddenLayers: 1, units: 8, dropout: 0 }
const cases: Record<string, Params> = {
  sgd: { optimizer: 'sgd' },
  momentum: { optimizer: 'momentum', momentum: 0.8 },
  rmsprop: { optimizer: 'rmsprop' },
  adam: { optimizer: 'adam' },
  adamw: { optimizer: 'adamw', weightDecay: 0.05 },
  'adamw without decay': { optimizer: 'adamw', weightDecay: 0 },
  'gradient clip': { gradientClip: 0.1 },
  L1: { l1: 0.01 },
  L2: { l2: 0.01 },
  'L1, L2 and clip': { l1: 0.001, l2: 0.01, gradientClip: 0.5, optimizer: 'sgd' },
  'class weights': { classWeights: 'balanced' },
  'label smoothing': { labelSmoothing: 0.1 },
  'average of weights': { averageWeights: 0.9 },
  mixup: { mixup: 0.4 },
  'mixup with label smoothing and dropout': { mixup: 1, labelSmoothing: 0.1, dropout: 0.4, units: 32 },
  dropout: { dropout: 0.4, units: 32 },
  'batch normalisation': { batchNorm: true },
  elu: { activation: 'elu' },
  tanh: { activation: 'tanh' },
  selu: { activation: 'selu' },
  sigmoid: { activation: 'sigmoid' },
  'no hidden layer': { hiddenLayers: 0 },
  deep: { hiddenLayers: 4, batchNorm: true, dropout: 0.2 },
}

/** Deep networks multiply rounding: with long steps two of them part after a while, however alike. */
const families: [string, Params, number?][] = [
  ['cnn', { filters: 4, denseUnits: 8, dropout: 0.3 }],
  ['cnn', { filters: 4, denseUnits: 0, batchNorm: true, dropout: 0 }],
  ['cnn', { filters: 4, denseUnits: 8, dropout: 0, augment: true, rotate: 10, optimizer: 'momentum' }],
  ['cnn', { filters: 4, denseUnits: 8, dropout: 0, spatialDropout: 0.3 }, 0.002],
  ['resnet', { filters: 4, stages: 2, dropout: 0.1 }, 0.0005],
  ['tabular-resnet', { units: 8, dropout: 0.2 }],
  ['crnn', { filters: 4, units: 6, blocks: 2, dropout: 0.2 }, 0.0005],
  ['lstm', { units: 6, dropout: 0.2 }],
  ['gru', { units: 6, layers: 2 }],
  ['tcn', { filters: 4, blocks: 2 }, 0.002],
  ['inception-time', { filters: 4, modules: 2 }, 0.0005],
  ['text-cnn', { vectorSize: 8, filters: 4 }],
  ['bi-lstm', { vectorSize: 8, units: 6 }],
  ['transformer', { vectorSize: 8, layers: 2, heads: 2, feedForward: 12 }, 0.0005],
]

describe.runIf(engineStatus().backend === 'tensorflow')('a traced step is the same as one computed op by op', () => {
  test.each(Object.entries(cases))('%s', (_, params) => expectTracedIsEager({ params: { ...plain, ...params } }))
  test.each(families)('%s %j', (family, params, rate) => expectTracedIsEager({ family, params }, rate))

  test.each<[string, Params]>([
    ['mlp', { ...plain, loss: 'squared' }],
    ['mlp', { ...plain, loss: 'absolute', optimizer: 'sgd' }],
    ['mlp', { ...plain, loss: 'huber', mixup: 0.4, l2: 0.01 }],
    ['tabular-resnet', { units: 8, dropout: 0.2 }],
  ])('a number to predict: %s %j', (family, params) => expectTracedIsEager({ family, task: 'regression', params }))

  test.each(['sgd', 'momentum', 'rmsprop', 'adam'])('%s: the average of the weights, and what it is', (optimizer) => {
    const params = { ...plain, optimizer, averageWeights: 0.8 }
    const { traced, eager } = toySteppers({ params })
    const followed = [traced(), eager()].map((stepper) => {
      const seen: NamedArray[][] = []
      for (const step of toyPlan(10)) {
        stepper.train([step])
        seen.push(stepper.weights())
      }
      const average = averagedWeights(stepper, 0.8, 10)
      stepper.dispose()
      return { seen, average }
    })
    const [graph, plainly] = followed.map(({ average }) => average) as [NamedArray[], NamedArray[]]
    const weightSum = (1 - 0.8 ** 10) / 0.2
    graph.forEach(({ data }, i) =>
      data.forEach((value, k) => {
        expect(value).toBeCloseTo(plainly[i]!.data[k]!, 5)
        const expected = followed[0]!.seen.reduce((sum, at, step) => sum + 0.8 ** (9 - step) * at[i]!.data[k]!, 0)
        expect(value).toBeCloseTo(expected / weightSum, 5)
      }),
    )
  })

  test.each(['sgd', 'momentum', 'rmsprop', 'adamw'])('%s with a learning rate of its own by layer', (optimizer) =>
    expectTracedIsEager({
      params: { ...plain, optimizer, weightDecay: optimizer === 'adamw' ? 0.05 : 0 },
      rateOf: (weight) => (weight.startsWith('hidden') ? 0.3 : 1),
    }),
  )

  test.each(Object.entries(layerTypes()))('layer %s', (_, build) => expectTracedIsEager({ family: 'cnn', build }))
})

/** Layers beyond those that the families use, so that the next family finds them proven. */
function layerTypes(): Record<string, (shape: number[], classes: number) => LayersModel> {
  const seed = 3
  const around = (layers: () => TensorFlow.layers.Layer[]) => (inputShape: number[], units: number) => {
    const kernelInitializer = tf.initializers.glorotNormal({ seed })
    const ends = [tf.layers.flatten(), tf.layers.dense({ units, kernelInitializer })]
    return tf.sequential({ layers: [tf.layers.inputLayer({ inputShape }), ...layers(), ...ends] })
  }
  const kernelInitializer = () => tf.initializers.glorotNormal({ seed })
  const { layers } = tf
  return {
    separableConv2d: around(() => [
      layers.separableConv2d({
        filters: 4,
        kernelSize: 3,
        activation: 'relu',
        depthwiseInitializer: kernelInitializer(),
        pointwiseInitializer: kernelInitializer(),
      }),
    ]),
    depthwiseConv2d: around(() => [
      layers.depthwiseConv2d({ kernelSize: 3, depthwiseInitializer: kernelInitializer() }),
    ]),
    conv2dTranspose: around(() => [
      layers.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2, kernelInitializer: kernelInitializer() }),
    ]),
    averagePooling2d: around(() => [layers.averagePooling2d({})]),
    layerNormalization: around(() => [
      layers.conv2d({ filters: 4, kernelSize: 3, kernelInitializer: kernelInitializer() }),
      layers.layerNormalization(),
    ]),
    softplus: around(() => [layers.activation({ activation: 'softplus' })]),
    leakyReLU: around(() => [layers.leakyReLU({})]),
    lstm: around(() => [layers.reshape({ targetShape: [8, 8] }), lstm({ units: 4, returnSequences: true, seed })]),
    gru: around(() => [layers.reshape({ targetShape: [8, 8] }), gru({ units: 4, returnSequences: true, seed })]),
    upSampling2d: around(() => [layers.upSampling2d({})]),
  }
}

describe.runIf(engineStatus().backend === 'tensorflow')('the pure-JavaScript engine as second opinion', () => {
  test.each<[string, Params]>([
    ['mlp', { ...plain, batchNorm: true }],
    ['cnn', { filters: 2, denseUnits: 4, dropout: 0 }],
    ['cnn', { filters: 2, denseUnits: 4, dropout: 0, batchNorm: true }],
  ])('%s: the same losses', (family, params) => {
    const { traced, eager } = toySteppers({ family, params })
    const graph = lossesOf(traced(), 0.01)
    tf.setBackend('cpu')
    try {
      expectClose(graph, lossesOf(eager(), 0.01))
    } finally {
      tf.setBackend('tensorflow')
    }
  })
})
