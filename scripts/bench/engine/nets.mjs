import { familyNamed } from '../../../src-main/ml/settings'
import { gru } from '../../../src-main/ml/layers/gru'
import { lstm } from '../../../src-main/ml/layers/lstm'
import { tf } from '../../../src-main/ml/tf'

/*
 * The bench's networks: the same as in torch_worker.py. `plain` takes what tfjs itself brings where Pellucid has a layer of
 * its own.
 */
const { layers } = tf
const dense = (units, config = {}) => layers.dense({ units, ...config })
const head = (inputs) => dense(10, { name: 'logits' }).apply(inputs)

function perceptron(inputSize, ...hidden) {
  const [first, ...others] = hidden
  return tf.sequential({
    layers: [
      dense(first, { inputShape: [inputSize], activation: 'relu' }),
      ...others.map((units) => dense(units, { activation: 'relu' })),
      dense(10),
    ],
  })
}

export const smallCnn = () =>
  tf.sequential({
    layers: [
      layers.conv2d({ inputShape: [28, 28, 1], filters: 32, kernelSize: 3, activation: 'relu' }),
      layers.conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      dense(128, { activation: 'relu' }),
      dense(10),
    ],
  })

function resnet() {
  const params = { stages: 3, blocksPerStage: 1, filters: 16, dropout: 0 }
  return familyNamed('resnet').build({ params, inputShape: [32, 32, 3], classCount: 10, seed: 1 })
}

const recurrent = (kind, units) => (plain) => {
  const own = kind === 'lstm' ? lstm({ units, seed: 1 }) : gru({ units, seed: 1 })
  const theirs = () => layers[kind]({ units, recurrentActivation: 'sigmoid', recurrentInitializer: 'glorotUniform' })
  const input = tf.input({ shape: [100, 16] })
  return tf.model({ inputs: input, outputs: head((plain ? theirs() : own).apply(input)) })
}

/** Multi-head self-attention (Vaswani et al., 2017), with projections by dense layers outside. */
class Attention extends layers.Layer {
  static className = 'BenchAttention'
  call(inputs) {
    return tf.tidy(() => {
      const [q, k, v] = tf.split(Array.isArray(inputs) ? inputs[0] : inputs, 3, 2).map((each) => {
        const [, length, width] = each.shape
        return tf.transpose(tf.reshape(each, [-1, length, 4, width / 4]), [0, 2, 1, 3])
      })
      const scores = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape[3])))
      const mixed = tf.transpose(tf.matMul(scores, v), [0, 2, 1, 3])
      return tf.reshape(mixed, [-1, mixed.shape[1], mixed.shape[2] * mixed.shape[3]])
    })
  }
  computeOutputShape([batch, length, width]) {
    return [batch, length, width / 3]
  }
}

function transformer() {
  const input = tf.input({ shape: [64, 64] })
  const norm = () => layers.layerNormalization({ epsilon: 1e-5 })
  let x = input
  for (let block = 0; block < 2; block++) {
    const attended = dense(64).apply(new Attention({}).apply(dense(192).apply(x)))
    x = norm().apply(layers.add().apply([x, attended]))
    const fed = dense(64).apply(dense(256, { activation: 'relu' }).apply(x))
    x = norm().apply(layers.add().apply([x, fed]))
  }
  return tf.model({ inputs: input, outputs: head(layers.globalAveragePooling1d().apply(x)) })
}

function mobileLayers() {
  const relu6 = () => layers.reLU({ maxValue: 6 })
  const pointwise = (filters) => layers.conv2d({ filters, kernelSize: 1, useBias: false })
  const blocks = [
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
    [512, 2],
  ].flatMap(([filters, strides]) => [
    layers.depthwiseConv2d({ kernelSize: 3, strides, padding: 'same', useBias: false }),
    layers.batchNormalization(),
    relu6(),
    pointwise(filters),
    layers.batchNormalization(),
    relu6(),
  ])
  const input = layers.inputLayer({ inputShape: [96, 96, 3] })
  const stem = layers.conv2d({ filters: 32, kernelSize: 3, strides: 2, padding: 'same' })
  return [input, stem, relu6(), ...blocks, layers.globalAveragePooling2d({})]
}

export const mobile = () => tf.sequential({ layers: [...mobileLayers(), dense(10)] })

/** A backbone that is never trained: it computes as in prediction and has no weights to update. */
class Frozen extends layers.Layer {
  static className = 'BenchFrozen'
  constructor(network) {
    super({ trainable: false })
    this.network = network
  }
  call(inputs) {
    return this.network.apply(Array.isArray(inputs) ? inputs[0] : inputs, { training: false })
  }
  computeOutputShape() {
    return [null, 512]
  }
  get weights() {
    return this.network.weights
  }
  get nonTrainableWeights() {
    return this.network.weights
  }
  get trainableWeights() {
    return []
  }
}

function frozenBackbone() {
  const input = tf.input({ shape: [96, 96, 3] })
  return tf.model({ inputs: input, outputs: head(new Frozen(tf.sequential({ layers: mobileLayers() })).apply(input)) })
}

/** By workload: the network, a sample's shape, how many samples, batch size; pictures are held as bytes. */
export const trained = {
  mlp: { build: () => perceptron(784, 256, 128), shape: [784], count: 16_384, batchSize: 64 },
  tiny: { build: () => perceptron(30, 32, 16), shape: [30], count: 65_536, batchSize: 64 },
  cnn: { build: smallCnn, shape: [28, 28, 1], count: 4096, batchSize: 64, isPicture: true },
  resnet: { build: resnet, shape: [32, 32, 3], count: 4096, batchSize: 64, isPicture: true },
  lstm64: { build: recurrent('lstm', 64), shape: [100, 16], count: 4096, batchSize: 32 },
  lstm128: { build: recurrent('lstm', 128), shape: [100, 16], count: 4096, batchSize: 64 },
  gru64: { build: recurrent('gru', 64), shape: [100, 16], count: 4096, batchSize: 32 },
  transformer: { build: transformer, shape: [64, 64], count: 4096, batchSize: 32 },
  head: { build: frozenBackbone, shape: [96, 96, 3], count: 512, batchSize: 32, isPicture: true },
}
