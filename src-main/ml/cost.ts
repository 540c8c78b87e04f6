import { createFusedOptimizer } from './optimizers'
import type { RunParams } from './settings'
import type { LayersModel, TensorFlow } from './tf'

/** What a network costs, from its shapes alone. */
export interface Cost {
  /** Multiply-adds of one forward pass on one sample. */
  multiplyAdds: number
  /** Of these, what layers that do not learn take. */
  frozenMultiplyAdds: number
  /** Bytes that training holds at once: weights, their gradients, the optimizer's slots and a batch's activations. */
  memoryBytes: number
}

type Shape = (number | null)[]

const product = (numbers: Shape) => numbers.reduce<number>((total, each) => total * (each ?? 1), 1)
const shapeOf = (shape: Shape | Shape[]): Shape => (Array.isArray(shape[0]) ? shape[0] : (shape as Shape))
/** A table that is looked up, not multiplied with. */
const isLookup = (layer: TensorFlow.layers.Layer) => /Embedding/.test(layer.getClassName())
const isRecurrent = (layer: TensorFlow.layers.Layer) => /LSTM|GRU|RNN|Bidirectional/.test(layer.getClassName())

/**
 * Each kernel is applied once per place of the output (a pixel, a step in time), by a recurrent layer once per step of its
 * input. Of an activation training keeps the value and its gradient, and needs room to compute the next.
 *
 * @param batchSize samples per step
 */
export function costOf(model: LayersModel, params: RunParams, batchSize: number): Cost {
  let multiplyAdds = 0
  let frozenMultiplyAdds = 0
  let activations = 0
  for (const layer of model.layers) {
    const input = shapeOf(layer.inboundNodes[0]?.inputShapes ?? [])
    const output = shapeOf(layer.outputShape as Shape | Shape[])
    const places = isRecurrent(layer) ? (input[1] ?? 1) : product(output.slice(1, -1))
    const isFrozen = layer.weights.length > 0 && !layer.trainable
    const kernels = isLookup(layer) ? [] : layer.weights.filter(({ shape }) => shape.length > 1)
    for (const { shape } of kernels) {
      multiplyAdds += product(shape as Shape) * places
      if (isFrozen) frozenMultiplyAdds += product(shape as Shape) * places
    }
    if (!isFrozen) activations += product(output.slice(1)) * (isRecurrent(layer) ? places : 1)
  }
  const perWeight = 2 + createFusedOptimizer(params).slotCount
  return {
    multiplyAdds,
    frozenMultiplyAdds,
    memoryBytes: 4 * (model.countParams() * perWeight + 3 * activations * batchSize),
  }
}
