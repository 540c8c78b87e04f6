import { describe, expect, test } from 'vitest'
import { writeSome } from '@main/ml/checkpoint'
import { graphArrays } from '@main/ml/decode/graph/pack'
import { meanCrossEntropy } from '@main/ml/engine/cross-entropy'
import { families } from '@main/ml/registry'
import { tf, type Tensor, type TensorFlow } from '@main/ml/tf'
import golden from './data/graph.json'

const sizes = {
  nodes: golden.nodes,
  edges: golden.weights.length,
  features: golden.features,
  entries: golden.values.length,
}
const own = {
  gcn: { layers: 2, units: 5, dropout: 0 },
  gat: { layers: 2, units: 4, heads: 2, outputHeads: 1, dropout: 0, attentionDropout: 0 },
}

/** The product's own network with the reference's graph and weights. */
function reference(id: 'gcn' | 'gat') {
  const input = { params: own[id], inputShape: [1], classCount: golden.classes, seed: 1, graph: sizes }
  const model = families.get(id)!.build(input as never)
  const list = (name: string, width: number, values: number[]) => ({
    name,
    shape: [values.length / width, width],
    data: Float32Array.from(values),
  })
  writeSome(model, [
    list(graphArrays.ends, 2, golden.ends.flat()),
    list(graphArrays.weights, 1, golden.weights),
    list(graphArrays.entries, 2, golden.entries.flat()),
    list(graphArrays.values, 1, golden.values),
    ...Object.entries(golden[id].weights).map(([name, { shape, data }]) => ({
      name,
      shape,
      data: Float32Array.from(data),
    })),
  ])
  return model
}

const farthest = (got: ArrayLike<number>, wanted: number[]) =>
  Math.max(...Array.from(got, (value, i) => Math.abs(value - wanted[i]!)))
const places = (indices: number[]) => tf.tensor2d(indices, [indices.length, 1])

describe.each(['gcn', 'gat'] as const)('%s with the weights of PyTorch', (id) => {
  test('gives its logits for every node, whichever are asked for', () => {
    const model = reference(id)
    const wanted = golden[id].logits
    const all = model.apply(places([...Array(golden.nodes).keys()])) as Tensor
    expect(farthest(all.dataSync(), wanted)).toBeLessThan(1e-5)
    const some = model.apply(places([7, 2])) as Tensor
    const rows = [7, 2].flatMap((at) => wanted.slice(at * golden.classes, (at + 1) * golden.classes))
    expect(farthest(some.dataSync(), rows)).toBeLessThan(1e-5)
    model.dispose()
  })

  test('has its loss over the labelled nodes, and its gradients', () => {
    const model = reference(id)
    const weights = model.trainableWeights.map((weight) => weight.read() as TensorFlow.Variable)
    const { value, grads } = tf.variableGrads(() => {
      const truth = tf.oneHot(tf.tensor1d(golden.labels, 'int32'), golden.classes).toFloat()
      return meanCrossEntropy(model.apply(places(golden.asked)) as Tensor, truth)
    }, weights)
    expect(Math.abs(value.dataSync()[0]! - golden[id].loss)).toBeLessThan(1e-5)
    const wanted = golden[id].gradients as Record<string, number[]>
    expect(model.trainableWeights.map(({ originalName }) => originalName).sort()).toEqual(Object.keys(wanted).sort())
    model.trainableWeights.forEach(({ originalName }, i) =>
      expect(farthest(grads[weights[i]!.name]!.dataSync(), wanted[originalName]!), originalName).toBeLessThan(1e-5),
    )
    model.dispose()
  })
})
