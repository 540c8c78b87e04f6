import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { toOnnx } from '@main/ml/onnx/convert'
import { openPredictor } from '@main/ml/onnx/predictor'
import { openSession } from '@main/ml/onnx/session'
import { loadTrained } from '@main/ml/trained'
import { train } from '@main/ml/train'
import { tf, type LayersModel, type TensorFlow } from '@main/ml/tf'
import type { Params } from '@shared/schemas/run'
import { tempFolder } from '../../helpers/temp-db'
import { runFolderWith, toyPictures, toyTable } from './toy'

type Layers = typeof TensorFlow.layers
type Layer = TensorFlow.layers.Layer
type Symbolic = TensorFlow.SymbolicTensor

/** A network of random weights; batch averages too are drawn, so that a mix-up shows. */
function network(inputShape: number[], make: (layers: Layers) => Layer[]): LayersModel {
  const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape }), ...make(tf.layers)] })
  randomise(model)
  return model
}

function randomise(model: LayersModel): void {
  const drawn = model.weights.map((weight, i) => tf.randomUniform(weight.shape as number[], 0.1, 0.9, 'float32', i + 1))
  model.setWeights(drawn)
  tf.dispose(drawn)
}

/** Largest difference of a probability between TensorFlow.js and ONNX Runtime on `count` drawn samples. */
async function difference(model: LayersModel, count = 5): Promise<number> {
  const shape = [count, ...(model.inputs[0]!.shape.slice(1) as number[])]
  const inputs = tf.randomUniform(shape, -1, 1, 'float32', 3)
  const expected = tf.tidy(() => tf.softmax(model.predict(inputs) as TensorFlow.Tensor).dataSync())
  const session = await openSession(toOnnx(model))
  const got = await session.probabilities(inputs.dataSync<'float32'>(), shape)
  await session.release()
  expect(got.length).toBe(expected.length)
  return Math.max(...got.map((value, i) => Math.abs(value - expected[i]!)))
}

const small = { filters: 3, kernelSize: 3 } as const
const head = (l: Layers) => [l.flatten(), l.dense({ units: 4 })]
const cases: [string, number[], (l: Layers) => Layer[]][] = [
  [
    'dense, every activation',
    [6],
    (l) => [
      ...(['relu', 'elu', 'selu', 'tanh', 'sigmoid', 'softplus', 'softsign', 'relu6', 'swish'] as const).map(
        (activation) => l.dense({ units: 5, activation }),
      ),
      l.dense({ units: 3 }),
    ],
  ],
  ['batch normalisation of rows', [6], (l) => [l.batchNormalization({ epsilon: 0.01 }), l.dense({ units: 3 })]],
  [
    'convolution, same, stride 1',
    [7, 6, 2],
    (l) => [l.conv2d({ ...small, padding: 'same', activation: 'relu' }), ...head(l)],
  ],
  [
    'convolution, same, stride 2 (uneven padding)',
    [8, 7, 2],
    (l) => [l.conv2d({ ...small, strides: 2, padding: 'same' }), ...head(l)],
  ],
  [
    'convolution, valid, dilated, without bias',
    [9, 9, 2],
    (l) => [l.conv2d({ ...small, dilationRate: 2, useBias: false }), ...head(l)],
  ],
  [
    'depthwise convolution with two filters each',
    [8, 8, 3],
    (l) => [
      l.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, strides: 2, padding: 'same' }),
      l.batchNormalization(),
      ...head(l),
    ],
  ],
  ['separable convolution', [8, 8, 3], (l) => [l.separableConv2d({ ...small, padding: 'same' }), ...head(l)]],
  [
    'pools, same and valid',
    [9, 9, 2],
    (l) => [
      l.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      l.averagePooling2d({ poolSize: 2, strides: 2, padding: 'same' }),
      l.maxPooling2d({ poolSize: 2 }),
      ...head(l),
    ],
  ],
  ['global pools', [5, 6, 4], (l) => [l.conv2d(small), l.globalMaxPooling2d({}), l.dense({ units: 3 })]],
  [
    'padding, leaky and capped rectifiers, softmax',
    [5, 5, 2],
    (l) => [
      l.zeroPadding2d({
        padding: [
          [1, 0],
          [2, 1],
        ],
      }),
      l.conv2d(small),
      l.leakyReLU({ alpha: 0.2 }),
      l.reLU({ maxValue: 2 }),
      l.elu({ alpha: 1 }),
      ...head(l),
      l.softmax(),
    ],
  ],
  [
    'what is silent after training',
    [6],
    (l) => [
      l.dropout({ rate: 0.5 }),
      l.gaussianNoise({ stddev: 1 }),
      l.alphaDropout({ rate: 0.3 }),
      l.dense({ units: 3 }),
    ],
  ],
]

describe('a network written as ONNX answers as TensorFlow.js does', () => {
  test.each(cases)('%s', async (_name, inputShape, make) => {
    expect(await difference(network(inputShape, make))).toBeLessThan(1e-5)
  })

  test('branches: add, multiply, maximum, minimum, average, concatenate', async () => {
    const input = tf.input({ shape: [6, 6, 2] })
    const conv = (x: Symbolic) => tf.layers.conv2d({ ...small, padding: 'same' }).apply(x) as Symbolic
    const [a, b] = [conv(input), conv(input)]
    const { add, multiply, maximum, minimum, average } = tf.layers
    const parts = [add(), multiply(), maximum(), minimum(), average()].map((join) => join.apply([a, b]) as Symbolic)
    const all = tf.layers.concatenate().apply(parts) as Symbolic
    const pooled = tf.layers.globalAveragePooling2d({}).apply(conv(all)) as Symbolic
    const model = tf.model({ inputs: input, outputs: tf.layers.dense({ units: 3 }).apply(pooled) as Symbolic })
    randomise(model)
    expect(await difference(model)).toBeLessThan(1e-5)
  })

  test('a layer without a form is refused by its name', () => {
    const model = network([4, 3], (l) => [l.simpleRNN({ units: 3, name: 'memory' }), l.dense({ units: 2 })])
    expect(() => toOnnx(model)).toThrow(/The layer "memory" \(SimpleRNN\) has no ONNX form here/)
  })
})

describe('predicting', () => {
  async function trainedOn(family: string, params: Params = {}) {
    const runDir = await tempFolder()
    const pictures = family === 'cnn' || family === 'resnet'
    await runFolderWith(pictures ? await toyPictures(join(runDir, 'pictures'), 45) : toyTable(60), runDir)
    const input = { runId: 'r', runDir, family, params: { epochs: 1, ...params }, resume: false, cacheDir: runDir }
    const events = { progress() {}, epoch() {}, notice() {}, predictions() {} }
    await train(input, new AbortController().signal, events)
    return loadTrained(runDir)
  }

  test.each(['mlp', 'cnn', 'resnet', 'tabular-resnet'])(
    '%s is asked through ONNX Runtime once both agree',
    async (family) => {
      const trained = await trainedOn(family, { batchSize: 16 })
      const predictor = await openPredictor(trained)
      expect(predictor).toMatchObject({ by: 'onnxruntime', reason: null })
      const inputs = tf.randomUniform([7, ...trained.inputShape], 0, 1, 'float32', 9)
      const expected = tf.tidy(() => trained.probabilities(inputs).dataSync())
      const got = await predictor.probabilities(inputs.dataSync<'float32'>(), 7)
      got.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5))
      await predictor.release()
    },
  )

  test('where both disagree, or there is no form, the engine answers and says why', async () => {
    const trained = await trainedOn('mlp')
    const liar = {
      ...trained,
      probabilities: (x: TensorFlow.Tensor) => tf.tidy(() => trained.probabilities(x).mul(0.99)),
    }
    const doubted = await openPredictor(liar as typeof trained)
    expect(doubted).toMatchObject({
      by: 'engine',
      reason: expect.stringMatching(/it differs by 0\.00\d+ on 100 samples/),
    })
    const recurrent = network([4, 3], (l) => [l.simpleRNN({ units: 3, name: 'memory' }), l.dense({ units: 2 })])
    const unknown = await openPredictor({ ...trained, model: recurrent })
    expect(unknown.reason).toMatch(/"memory"/)
    const answer = await unknown.probabilities(new Float32Array(trained.inputShape[0]!), 1)
    expect(answer[0]! + answer[1]!).toBeCloseTo(1, 5)
  })
})
