import { randomStream } from '../../../src-main/ml/random'
import { nativeOp } from '../../../src-main/ml/layers/native-op'
import { tf } from '../../../src-main/ml/tf'

export const nodes = 2708
export const classes = 7
const edges = 5429
const featureCount = 1433

/** A random graph of Cora's size: both directions of each edge and each node with itself. */
export function madeUpGraph() {
  const random = randomStream(3)
  const [from, to] = [[], []]
  for (let i = 0; i < edges; i++) {
    const [a, b] = [random.below(nodes), random.below(nodes)]
    from.push(a, b)
    to.push(b, a)
  }
  for (let i = 0; i < nodes; i++) [from, to].forEach((ends) => ends.push(i))
  return {
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    features: Float32Array.from({ length: nodes * featureCount }, () => random.uniform()),
  }
}

export const makeWeights = () => [
  tf.variable(tf.randomNormal([featureCount, 64], 0, 0.05)),
  tf.variable(tf.randomNormal([64, classes], 0, 0.2)),
]

/** Logits [nodes, classes] of the network by Kipf & Welling, 2017. */
export function gcn({ from, to, features }, [first, second]) {
  const ends = [tf.tensor1d(from, 'int32'), tf.tensor1d(to, 'int32')]
  const x = tf.tensor2d(features, [nodes, featureCount])
  const hidden = tf.relu(spread(tf.matMul(x, first), ends))
  return spread(tf.matMul(hidden, second), ends)
}

/** Sums of the neighbours' values; the gradient goes the same way back. */
const spread = (h, [from, to]) =>
  tf.customGrad((values, source, target, save) => {
    save([source, target])
    const gradFunc = (dy, saved) => [sumOver(dy, saved[1], saved[0]), ...saved]
    return { value: sumOver(values, source, target), gradFunc }
  })(h, from, to)

function sumOver(values, source, target) {
  const types = { Tparams: 'float32', Tindices: 'int32', Taxis: 'int32' }
  const [messages] = nativeOp('GatherV2', { types }, [values, source, tf.scalar(0, 'int32')], 1)
  return tf.unsortedSegmentSum(tf.mul(messages, 0.2), target, nodes)
}

/** Mean cross-entropy, number of right answers and gradients over the whole graph. */
export function gcnLoss(graph, weights, labels) {
  let logits
  const { value, grads } = tf.variableGrads(() => {
    logits = tf.keep(gcn(graph, weights))
    const truth = tf.cast(tf.oneHot(labels, classes), 'float32')
    return tf.div(tf.neg(tf.sum(tf.mul(truth, tf.logSoftmax(logits)))), nodes)
  }, weights)
  const right = tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32'))
  logits.dispose()
  const gradients = weights.map(({ name }) => grads[name])
  return { loss: value, figures: tf.stack([tf.mul(value, nodes), right]), gradients }
}
