import { GraphSession } from '../../../src-main/ml/engine/graph-session'
import { TrainGraph } from '../../../src-main/ml/engine/train-graph'
import { createFusedOptimizer } from '../../../src-main/ml/optimizers'
import { tf } from '../../../src-main/ml/tf'
import { classes, gcnLoss, madeUpGraph, makeWeights, nodes } from './graph-net.mjs'
import { firstStepDone, repeat, serve } from './protocol.mjs'
import { madeUpLabels } from './samples.mjs'

/** A graph network, of which there is no family yet, straight on the engine: the whole graph is one sample. */
export async function serveGraph() {
  const graph = madeUpGraph()
  const weights = makeWeights()
  const labels = madeUpLabels(nodes, classes)
  const unused = new Float32Array(classes * classes)
  const source = {
    weights,
    state: [],
    samples: { values: new Float32Array(1), count: 1, shape: [1], divisor: 1 },
    isFed: false,
    labels: Int32Array.of(0),
    oneHot: unused,
    targets: unused,
    classCount: classes,
    sampleWeights: null,
    rates: weights.map(() => 1),
    compute: () => gcnLoss(graph, weights, tf.tensor1d(labels, 'int32')),
    optimizer: createFusedOptimizer({ optimizer: 'adam', momentum: 0.9 }),
    decay: () => 0,
  }
  const written = new TrainGraph(source)
  const entry = written.addEntry(1, 1)
  const session = new GraphSession(written.graph)
  const { variables } = written
  session.assign([
    [variables.step, Int32Array.of(0)],
    [variables.samples, new Float32Array(1)],
    [variables.labels, Int32Array.of(0)],
    ...variables.weights.map((variable, i) => [variable, weights[i].dataSync()]),
    ...variables.slots.flat().map((slot) => [slot, new Float32Array(slot.shape.reduce((a, b) => a * b, 1))]),
  ])
  let step = 0
  const train = () => {
    const scalars = Float32Array.from([...source.optimizer.scalars(0.01, ++step), 0.01])
    const feeds = [
      { name: entry.indices, dtype: 'int32', shape: [1], values: Int32Array.of(0) },
      { name: entry.scalars, dtype: 'float32', shape: [scalars.length], values: scalars },
    ]
    return session.run(feeds, [entry.figures])
  }
  train()
  firstStepDone()
  for (let i = 0; i < 3; i++) train()
  await serve((seconds) => repeat(train, 1, seconds))
}
