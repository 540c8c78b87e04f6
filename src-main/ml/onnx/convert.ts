import type { LayersModel, TensorFlow } from '../tf'
import { answerName, type TargetScale } from '../target-scale'
import { refused, toChannelsFirst, toChannelsLast, writers, type Value } from './layers'
import { OnnxWriter } from './writer'

type Layer = TensorFlow.layers.Layer

/**
 * Writes a network as an ONNX model (opset 17): input `input` float32 [batch, ...inputShape] as Pellucid encodes it
 * (pictures channels last), outputs `logits` and `probabilities` [batch, classes]; with a scale `logits` and `value`
 * [batch, 1], the number in the target's units. Weights are copied.
 *
 * @throws `incompatible` naming the first layer that has no ONNX form here
 */
export function toOnnx(model: LayersModel, scale?: TargetScale): Uint8Array {
  const { graph, output } = written(model)
  const { name, shape } = output
  const logits = graph.add('Identity', [name], {}, 'logits')
  const answer = answerName(scale)
  if (scale)
    graph.add('Add', [graph.add('Mul', [logits, graph.scalar(scale.deviation)]), graph.scalar(scale.mean)], {}, answer)
  else graph.add('Softmax', [logits], {}, answer)
  graph.output('logits', shape)
  graph.output(answer, shape)
  return graph.toModel(model.name)
}

/** As `toOnnx` for a part of a network that does not end in classes: its only output is `features`, channels last. */
export function toOnnxFeatures(model: LayersModel): Uint8Array {
  const { graph, output } = written(model)
  const { name, shape } = output
  graph.add('Identity', [shape.length === 3 ? toChannelsLast(graph, name) : name], {}, 'features')
  graph.output('features', shape)
  return graph.toModel(model.name)
}

function written(model: LayersModel): { graph: OnnxWriter; output: Value } {
  const graph = new OnnxWriter()
  const values = new Map<Layer, Value>()
  for (const layer of model.layers) values.set(layer, writeLayer(graph, layer, values))
  return { graph, output: values.get(model.outputs[0]!.sourceLayer)! }
}

function writeLayer(graph: OnnxWriter, layer: Layer, values: Map<Layer, Value>): Value {
  const shape = (layer.outputShape as (number | null)[]).slice(1) as number[]
  if (layer.getClassName() === 'InputLayer') {
    const input = graph.input('input', shape)
    return { name: shape.length === 3 ? toChannelsFirst(graph, input) : input, shape }
  }
  const write = writers[layer.getClassName()]
  if (!write) throw refused(layer, 'this kind of layer is not known')
  if (layer.inboundNodes.length !== 1) throw refused(layer, 'it is used in several places')
  const inputs = layer.inboundNodes[0]!.inboundLayers.map((before) => values.get(before)!)
  const written = write(graph, layer, inputs)
  const { lengths } = inputs.find((value) => value.lengths) ?? {}
  return { lengths, shape, ...(typeof written === 'string' ? { name: written } : written) }
}
