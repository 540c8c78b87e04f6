import { WorkbenchError } from '@shared/errors'
import type { TensorFlow } from '../tf'
import { sequenceWriters } from './sequence-layers'
import { float, int, ints, string, type OnnxWriter } from './writer'

type Layer = TensorFlow.layers.Layer

/** A value on its way through the graph; pictures are held as ONNX wants them, channels first. */
export interface Value {
  name: string
  /** As TensorFlow.js has it, without the batch axis: [height, width, channels] for a picture, [time, n] for a sequence. */
  shape: number[]
  /** Sequences with a mask: how many steps each has, int32 [batch]. */
  lengths?: string
}

/** How one class of layer is written: what comes in, its name in the graph out. */
export type Write = (graph: OnnxWriter, layer: Layer, inputs: Value[]) => string | Pick<Value, 'name' | 'lengths'>

/** Settings of a layer as its `getConfig` gives them; only those read here. */
export interface Config {
  activation?: string | null
  kernelSize?: number[]
  strides?: number[]
  poolSize?: number[]
  dilationRate?: number[] | number | null
  padding?: string | [[number, number], [number, number]]
  useBias?: boolean
  epsilon?: number
  axis?: number | number[]
  alpha?: number
  negativeSlope?: number
  maxValue?: number | null
  threshold?: number
  scale?: number
  offset?: number
}

export const configOf = (layer: Layer) => layer.getConfig() as Config
const isPicture = ({ shape }: Value) => shape.length === 3

export const toChannelsFirst = (graph: OnnxWriter, name: string) =>
  graph.add('Transpose', [name], { perm: ints([0, 3, 1, 2]) })
export const toChannelsLast = (graph: OnnxWriter, name: string) =>
  graph.add('Transpose', [name], { perm: ints([0, 2, 3, 1]) })

export function refused(layer: Layer, why: string): WorkbenchError {
  return new WorkbenchError(
    'incompatible',
    `The layer "${layer.name}" (${layer.getClassName()}) has no ONNX form here: ${why}. Export as SavedModel instead.`,
  )
}

export interface Weight {
  shape: number[]
  data: Float32Array
}

/** A layer's weights by the last part of their names: kernel, bias, gamma … */
export function weightsOf(layer: Layer): Record<string, Weight> {
  const named = layer.weights.map((variable) => {
    const value = variable.read()
    return [
      variable.originalName.split('/').at(-1)!,
      { shape: value.shape, data: value.dataSync<'float32'>() },
    ] as const
  })
  return Object.fromEntries(named)
}

/** Moves axes: element [i0, i1 …] of the result is the source's with its axes in `order`. */
export function permuted({ shape, data }: Weight, order: number[]): Weight {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1))
  const target = order.map((axis) => shape[axis]!)
  const steps = order.map((axis) => strides[axis]!)
  const out = new Float32Array(data.length)
  const index = target.map(() => 0)
  for (let at = 0, from = 0; at < out.length; at++) {
    out[at] = data[from]!
    for (let axis = target.length - 1; axis >= 0; axis--) {
      from += steps[axis]!
      if (++index[axis]! < target[axis]!) break
      from -= steps[axis]! * target[axis]!
      index[axis] = 0
    }
  }
  return { shape: target, data: out }
}

export function activate(
  graph: OnnxWriter,
  layer: Layer,
  name: string | null | undefined,
  x: string,
  value: Value,
): string {
  const simple: Record<string, string> = {
    relu: 'Relu',
    elu: 'Elu',
    selu: 'Selu',
    tanh: 'Tanh',
    sigmoid: 'Sigmoid',
    softplus: 'Softplus',
    softsign: 'Softsign',
  }
  if (!name || name === 'linear') return x
  if (simple[name]) return graph.add(simple[name], [x])
  if (name === 'relu6') return graph.add('Clip', [x, graph.scalar(0), graph.scalar(6)])
  if (name === 'swish') return graph.add('Mul', [x, graph.add('Sigmoid', [x])])
  if (name === 'softmax') return graph.add('Softmax', [x], { axis: int(isPicture(value) ? 1 : -1) })
  throw refused(layer, `the activation "${name}" is not known`)
}

/** [begin of each axis, end of each axis] of what TensorFlow adds around a picture. */
function padsOf(config: Config, window: number[], dilation: number[], [height, width]: number[]): number[] {
  if (config.padding !== 'same') return [0, 0, 0, 0]
  const totals = [height!, width!].map((length, axis) => {
    const stride = config.strides![axis]!
    const reach = (window[axis]! - 1) * dilation[axis]! + 1
    return Math.max((Math.ceil(length / stride) - 1) * stride + reach - length, 0)
  })
  const begin = totals.map((total) => Math.floor(total / 2))
  return [...begin, ...totals.map((total, axis) => total - begin[axis]!)]
}

const pair = (value: number[] | number | null | undefined): number[] =>
  Array.isArray(value) ? value : [value ?? 1, value ?? 1]

function convolve(
  graph: OnnxWriter,
  config: Config,
  x: string,
  { shape }: Value,
  kernel: Weight,
  bias: Weight | undefined,
  group: number,
): string {
  const dilations = pair(config.dilationRate)
  const window = kernel.shape.slice(2)
  return graph.add(
    'Conv',
    [x, graph.floats(kernel.shape, kernel.data), ...(bias ? [graph.floats(bias.shape, bias.data)] : [])],
    {
      kernel_shape: ints(window),
      strides: ints(pair(config.strides)),
      dilations: ints(dilations),
      pads: ints(padsOf(config, window, dilations, shape)),
      group: int(group),
    },
  )
}

/** [kh, kw, in, multiplier] to [in * multiplier, 1, kh, kw]. */
function depthwiseKernel(kernel: Weight): Weight {
  const [height, width, channels, multiplier] = kernel.shape as [number, number, number, number]
  return { shape: [channels * multiplier, 1, height, width], data: permuted(kernel, [2, 3, 0, 1]).data }
}

const outInFirst = (kernel: Weight) => permuted(kernel, [3, 2, 0, 1])

const conv2d: Write = (graph, layer, [value]) => {
  const [config, { kernel, bias }] = [configOf(layer), weightsOf(layer)]
  const x = convolve(graph, config, value!.name, value!, outInFirst(kernel!), bias, 1)
  return activate(graph, layer, config.activation, x, value!)
}

const depthwiseConv2d: Write = (graph, layer, [value]) => {
  const [config, weights] = [configOf(layer), weightsOf(layer)]
  const kernel = depthwiseKernel(weights['depthwise_kernel']!)
  const x = convolve(graph, config, value!.name, value!, kernel, weights['bias'], value!.shape[2]!)
  return activate(graph, layer, config.activation, x, value!)
}

const separableConv2d: Write = (graph, layer, [value]) => {
  const [config, weights] = [configOf(layer), weightsOf(layer)]
  const depthwise = depthwiseKernel(weights['depthwise_kernel']!)
  const spread = convolve(graph, config, value!.name, value!, depthwise, undefined, value!.shape[2]!)
  const pointwise = outInFirst(weights['pointwise_kernel']!)
  const plain = { padding: 'valid', strides: [1, 1] }
  const x = convolve(graph, plain, spread, value!, pointwise, weights['bias'], 1)
  return activate(graph, layer, config.activation, x, value!)
}

const batchNormalization: Write = (graph, layer, [value]) => {
  const { epsilon, axis } = configOf(layer)
  const last = value!.shape.length
  if ((Array.isArray(axis) ? axis[0] : axis) !== -1 && axis !== last) throw refused(layer, 'it is not over channels')
  const weights = weightsOf(layer)
  const length = value!.shape.at(-1)!
  const constant = (filled: number) => ({ shape: [length], data: new Float32Array(length).fill(filled) })
  const parts = [
    weights['gamma'] ?? constant(1),
    weights['beta'] ?? constant(0),
    weights['moving_mean']!,
    weights['moving_variance']!,
  ]
  if (last === 2) return scaledSteps(graph, value!.name, parts, epsilon!)
  const inputs = parts.map(({ shape, data }) => graph.floats(shape, data))
  return graph.add('BatchNormalization', [value!.name, ...inputs], { epsilon: float(epsilon!) })
}

/** Normalised steps [batch, time, n]: ONNX' own op wants channels second, a product and a sum do not. */
function scaledSteps(graph: OnnxWriter, x: string, parts: Weight[], epsilon: number): string {
  const [gamma, beta, mean, variance] = parts.map(({ data }) => data) as [Float32Array, ...Float32Array[]]
  const scale = gamma.map((value, k) => value / Math.sqrt(variance![k]! + epsilon))
  const shift = scale.map((value, k) => beta![k]! - mean![k]! * value)
  const scaled = graph.add('Mul', [x, graph.floats([scale.length], scale)])
  return graph.add('Add', [scaled, graph.floats([shift.length], shift)])
}

const dense: Write = (graph, layer, [value]) => {
  if (value!.shape.length !== 1) throw refused(layer, 'it reads more than one axis')
  const [{ activation }, { kernel, bias }] = [configOf(layer), weightsOf(layer)]
  const weights = [kernel, bias].flatMap((weight) => (weight ? [graph.floats(weight.shape, weight.data)] : []))
  return activate(graph, layer, activation, graph.add('Gemm', [value!.name, ...weights]), value!)
}

const pool =
  (op: 'MaxPool' | 'AveragePool'): Write =>
  (graph, layer, [value]) => {
    const config = configOf(layer)
    const window = pair(config.poolSize)
    const attributes = {
      kernel_shape: ints(window),
      strides: ints(pair(config.strides)),
      pads: ints(padsOf(config, window, [1, 1], value!.shape)),
    }
    return graph.add(op, [value!.name], attributes)
  }

const globalPool =
  (op: 'GlobalMaxPool' | 'GlobalAveragePool'): Write =>
  (graph, _layer, [value]) =>
    graph.add('Flatten', [graph.add(op, [value!.name])], { axis: int(1) })

const flatten: Write = (graph, _layer, [value]) => {
  if (value!.shape.length === 1) return value!.name
  const last = isPicture(value!) ? toChannelsLast(graph, value!.name) : value!.name
  return graph.add('Flatten', [last], { axis: int(1) })
}

/** Joins any number of values pair by pair. */
const joined =
  (op: 'Add' | 'Mul' | 'Max' | 'Min'): Write =>
  (graph, _layer, values) =>
    values.map(({ name }) => name).reduce((all, next) => graph.add(op, [all, next]))

const sumOf = (graph: OnnxWriter, values: Value[]) =>
  values.map(({ name }) => name).reduce((all, next) => graph.add('Add', [all, next]))

const average: Write = (graph, _layer, values) => graph.add('Div', [sumOf(graph, values), graph.scalar(values.length)])

const concatenate: Write = (graph, layer, values) => {
  const axis = Number(configOf(layer).axis ?? -1)
  const rank = values[0]!.shape.length + 1
  const from = axis < 0 ? axis + rank : axis
  const attributes = { axis: int(isPicture(values[0]!) ? [0, 2, 3, 1][from]! : from) }
  return graph.add(
    'Concat',
    values.map(({ name }) => name),
    attributes,
  )
}

const zeroPadding2d: Write = (graph, layer, [value]) => {
  const [[top, bottom], [left, right]] = configOf(layer).padding as [[number, number], [number, number]]
  const pads = graph.integers([0, 0, top, left, 0, 0, bottom, right])
  return graph.add('Pad', [value!.name, pads, graph.scalar(0)], { mode: string('constant') })
}

const rescaling: Write = (graph, layer, [value]) => {
  const { scale = 1, offset = 0 } = configOf(layer)
  return graph.add('Add', [graph.add('Mul', [value!.name, graph.scalar(scale)]), graph.scalar(offset)])
}

const reluLayer: Write = (graph, layer, [value]) => {
  const { negativeSlope, maxValue, threshold } = configOf(layer)
  if (negativeSlope || threshold) throw refused(layer, 'its slope or threshold is not zero')
  if (maxValue == null) return graph.add('Relu', [value!.name])
  return graph.add('Clip', [value!.name, graph.scalar(0), graph.scalar(maxValue)])
}

/** What does nothing once training is over. */
const same: Write = (_graph, _layer, [value]) => value!.name

/** By the class name of the layer. */
export const writers: Record<string, Write> = {
  ...sequenceWriters,
  Activation: (graph, layer, [value]) => activate(graph, layer, configOf(layer).activation, value!.name, value!),
  ActivityRegularization: same,
  Add: joined('Add'),
  AlphaDropout: same,
  Average: average,
  AveragePooling2D: pool('AveragePool'),
  BatchNormalization: batchNormalization,
  Concatenate: concatenate,
  Conv2D: conv2d,
  Dense: dense,
  DepthwiseConv2D: depthwiseConv2d,
  Dropout: same,
  ELU: (graph, layer, [value]) => graph.add('Elu', [value!.name], { alpha: float(configOf(layer).alpha ?? 1) }),
  Flatten: flatten,
  GaussianDropout: same,
  GaussianNoise: same,
  GlobalAveragePooling2D: globalPool('GlobalAveragePool'),
  GlobalMaxPooling2D: globalPool('GlobalMaxPool'),
  LeakyReLU: (graph, layer, [value]) =>
    graph.add('LeakyRelu', [value!.name], { alpha: float(configOf(layer).alpha ?? 0.3) }),
  Maximum: joined('Max'),
  MaxPooling2D: pool('MaxPool'),
  Minimum: joined('Min'),
  Multiply: joined('Mul'),
  ReLU: reluLayer,
  Rescaling: rescaling,
  SeparableConv2D: separableConv2d,
  Softmax: (graph, layer, [value]) => activate(graph, layer, 'softmax', value!.name, value!),
  SpatialDropout2D: same,
  ZeroPadding2D: zeroPadding2d,
}
