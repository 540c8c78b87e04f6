import { tf } from '../../../src-main/ml/tf'
import { gcnLoss, classes, madeUpGraph, makeWeights, nodes } from './graph-net.mjs'
import { mobile, smallCnn, trained } from './nets.mjs'
import { firstStepDone, repeat, serve } from './protocol.mjs'
import { madeUpData, madeUpLabels } from './samples.mjs'

// plain.js WORKLOAD: the same on tfjs-node as it comes, op by op, with the samples as tensors.
const [workload] = process.argv.slice(2)

function training() {
  const { build, count, batchSize, ...facts } = trained[workload]
  const { packed, inputShape } = madeUpData({ count, ...facts })
  const all = tf.tensor(Float32Array.from(packed), [count, ...inputShape])
  const labels = tf.oneHot(tf.tensor1d(madeUpLabels(count, 10), 'int32'), 10)
  const model = build(true)
  const optimizer = tf.train.adam(1e-3)
  let at = 0
  const step = () => {
    const loss = tf.tidy(() => {
      const [x, y] = [all, labels].map((each) => each.slice([at], [batchSize]))
      at = (at + batchSize) % count
      return optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true })), true)
    })
    loss.dataSync()
    loss.dispose()
  }
  return { step, items: batchSize }
}

function graph() {
  const [made, weights, optimizer] = [madeUpGraph(), makeWeights(), tf.train.adam(0.01)]
  const labels = tf.tensor1d(madeUpLabels(nodes, classes), 'int32')
  const step = () =>
    tf.tidy(() => {
      const { loss, gradients } = gcnLoss(made, weights, labels)
      optimizer.applyGradients(Object.fromEntries(weights.map(({ name }, i) => [name, gradients[i]])))
      loss.dataSync()
    })
  return { step, items: 1 }
}

function attribution() {
  const model = smallCnn()
  const input = tf.randomNormal([1, 28, 28, 1])
  const shares = tf.reshape(tf.div(tf.add(tf.range(0, 50), 0.5), 50), [50, 1, 1, 1])
  const step = () =>
    tf.tidy(() => {
      const gradient = tf.grad((x) => model.apply(x).slice([0, 3], [-1, 1]).sum())(tf.mul(shares, input))
      tf.mul(tf.mean(gradient, 0, true), input).dataSync()
    })
  return { step, items: 1 }
}

function inference(items) {
  const model = mobile()
  const input = tf.randomNormal([items, 96, 96, 3])
  return { step: () => tf.tidy(() => void model.predict(input).dataSync()), items }
}

function chosen() {
  if (trained[workload]) return training()
  if (workload === 'gcn') return graph()
  if (workload === 'ig') return attribution()
  return inference(Number(workload.replace('infer', '')))
}

const { step, items } = chosen()
step()
firstStepDone()
step()
await serve((seconds) => repeat(step, items, seconds))
