import {
  activate,
  configOf,
  permuted,
  refused,
  weightsOf,
  type Config,
  type Value,
  type Weight,
  type Write,
} from './layers'
import { int, ints, string, type OnnxWriter } from './writer'

/** ONNX' number for int32, which lengths are. */
const int32 = 6

/** Sequences stand as [batch, time, n]; convolutions and pools want the channels second. */
const aside = (graph: OnnxWriter, x: string) => graph.add('Transpose', [x], { perm: ints([0, 2, 1]) })

function sliceChannels(graph: OnnxWriter, { name }: Value, from: number, to: number): string {
  return graph.add('Slice', [name, graph.integers([from]), graph.integers([to]), graph.integers([2])])
}

/** 1 where there is a step: what the last channel says. */
function presence(graph: OnnxWriter, value: Value): string {
  const channels = value.shape[1]!
  return graph.add('Sign', [sliceChannels(graph, value, channels - 1, channels)])
}

const sum = (graph: OnnxWriter, x: string, axes: number[]) =>
  graph.add('ReduceSum', [x, graph.integers(axes)], { keepdims: int(0) })

const stepValues: Write = (graph, layer, [value]) => {
  const name = sliceChannels(graph, value!, 0, value!.shape[1]! - 1)
  const { isMask } = layer.getConfig() as { isMask: boolean }
  if (!isMask) return name
  return { name, lengths: graph.add('Cast', [sum(graph, presence(graph, value!), [1, 2])], { to: int(int32) }) }
}

const stepMean: Write = (graph, _layer, [values, present]) => {
  const total = sum(graph, graph.add('Mul', [values!.name, present!.name]), [1])
  return graph.add('Div', [total, graph.add('Max', [sum(graph, present!.name, [1]), graph.scalar(1)])])
}

interface RecurrentConfig {
  units: number
  bidirectional?: boolean
  returnSequences?: boolean
  returnState?: boolean
  reset?: 'after' | 'before'
}

/** [n, blocks * units] to [blocks * units, n], the blocks of columns in `order`. */
function turned({ shape: [rows, columns], data }: Weight, units: number, order: number[]): Float32Array {
  const out = new Float32Array(data.length)
  order.forEach((block, place) => {
    for (let unit = 0; unit < units; unit++)
      for (let row = 0; row < rows!; row++)
        out[(place * units + unit) * rows! + row] = data[row * columns! + block * units + unit]!
  })
  return out
}

/** Gates of ONNX: i, o, f, c for LSTM (here i, f, g, o); z, r, h for GRU, as here. */
const gates = { LSTM: [0, 3, 1, 2], GRU: [0, 1, 2] }

const recurrent =
  (op: 'LSTM' | 'GRU'): Write =>
  (graph, layer, [value]) => {
    const {
      units,
      bidirectional,
      returnSequences,
      returnState,
      reset = 'after',
    } = layer.getConfig() as never as RecurrentConfig
    if (returnState) throw refused(layer, 'it hands on its state')
    const [time, features] = value!.shape as [number, number]
    const weights = weightsOf(layer)
    const prefixes = bidirectional ? ['forward_', 'backward_'] : ['']
    const order = gates[op]
    const width = order.length * units
    const joined = (part: (prefix: string) => Float32Array) => {
      const parts = prefixes.map(part)
      return Float32Array.from(parts.flatMap((each) => [...each]))
    }
    const kernel = joined((prefix) => turned(weights[`${prefix}kernel`]!, units, order))
    const stateKernel = joined((prefix) => turned(weights[`${prefix}recurrent_kernel`]!, units, order))
    const bias = joined((prefix) => biasOf(weights[`${prefix}bias`]!, units, order))
    const directions = prefixes.length
    const inputs = [
      graph.add('Transpose', [value!.name], { perm: ints([1, 0, 2]) }),
      graph.floats([directions, width, features], kernel),
      graph.floats([directions, width, units], stateKernel),
      graph.floats([directions, 2 * width], bias),
      value!.lengths ?? '',
    ]
    const attributes = {
      direction: string(bidirectional ? 'bidirectional' : 'forward'),
      hidden_size: int(units),
      ...(op === 'GRU' && { linear_before_reset: int(reset === 'after' ? 1 : 0) }),
    }
    const name = graph.unique(op)
    // All outputs [time, directions, batch, units], or the last ones [directions, batch, units].
    graph.addMany(op, inputs, attributes, returnSequences ? [name] : ['', name])
    const turnedBack = graph.add('Transpose', [name], { perm: ints(returnSequences ? [2, 0, 1, 3] : [1, 0, 2]) })
    const shape = returnSequences ? [0, time, directions * units] : [0, directions * units]
    return graph.add('Reshape', [turnedBack, graph.integers(shape)])
  }

/** Biases of the input and of the state, one after the other; where there is one, the state's is zero. */
function biasOf({ shape, data }: Weight, units: number, order: number[]): Float32Array {
  const width = order.length * units
  const out = new Float32Array(2 * width)
  const [rows] = shape.length === 2 ? shape : [1]
  for (let row = 0; row < rows!; row++)
    order.forEach((block, place) => {
      const from = row * width + block * units
      out.set(data.subarray(from, from + units), row * width + place * units)
    })
  return out
}

/** What TensorFlow adds before and after a sequence. */
function padsOf({ padding, strides }: Config, window: number, dilation: number, time: number): number[] {
  if (padding !== 'same') return [0, 0]
  const stride = strides![0]!
  const total = Math.max((Math.ceil(time / stride) - 1) * stride + (window - 1) * dilation + 1 - time, 0)
  return [Math.floor(total / 2), total - Math.floor(total / 2)]
}

const first = (value: number[] | number | null | undefined): number => (Array.isArray(value) ? value[0]! : (value ?? 1))

function convolve(
  graph: OnnxWriter,
  x: string,
  kernel: Weight,
  bias: Weight | undefined,
  pads: number[],
  dilation: number,
  stride: number,
) {
  const weights = [permuted(kernel, [2, 1, 0]), ...(bias ? [bias] : [])].map(({ shape, data }) =>
    graph.floats(shape, data),
  )
  const attributes = {
    kernel_shape: ints([kernel.shape[0]!]),
    strides: ints([stride]),
    dilations: ints([dilation]),
    pads: ints(pads),
  }
  return aside(graph, graph.add('Conv', [aside(graph, x), ...weights], attributes))
}

const conv1d: Write = (graph, layer, [value]) => {
  const [config, { kernel, bias }] = [configOf(layer), weightsOf(layer)]
  const [dilation, stride] = [first(config.dilationRate), first(config.strides)]
  const pads = padsOf(config, kernel!.shape[0]!, dilation, value!.shape[0]!)
  const x = convolve(graph, value!.name, kernel!, bias, pads, dilation, stride)
  return activate(graph, layer, config.activation, x, value!)
}

const causalConv: Write = (graph, layer, [value]) => {
  const { kernelSize, dilation } = layer.getConfig() as { kernelSize: number; dilation: number }
  const { kernel, bias } = weightsOf(layer)
  return convolve(graph, value!.name, kernel!, bias, [(kernelSize - 1) * dilation, 0], dilation, 1)
}

const pool1d =
  (op: 'MaxPool' | 'AveragePool'): Write =>
  (graph, layer, [value]) => {
    const config = configOf(layer)
    const window = first(config.poolSize)
    const attributes = {
      kernel_shape: ints([window]),
      strides: ints([first(config.strides)]),
      pads: ints(padsOf(config, window, 1, value!.shape[0]!)),
    }
    return aside(graph, graph.add(op, [aside(graph, value!.name)], attributes))
  }

/** Mean over the steps of a sequence without a mask. */
const meanOfSteps: Write = (graph, layer, [value]) => {
  if (value!.lengths) throw refused(layer, 'it does not know which steps there are')
  return graph.add('Flatten', [graph.add('GlobalAveragePool', [aside(graph, value!.name)])], { axis: int(1) })
}

/** Channels first become steps: [batch, channels, height, width] to [batch, width, height * channels]. */
const frames: Write = (graph, _layer, [value]) => {
  const [height, width, channels] = value!.shape as [number, number, number]
  const turned = graph.add('Transpose', [value!.name], { perm: ints([0, 3, 2, 1]) })
  return graph.add('Reshape', [turned, graph.integers([0, width, height * channels])])
}

/** Layers that read or give sequences, by class name. */
export const sequenceWriters: Record<string, Write> = {
  AveragePooling1D: pool1d('AveragePool'),
  Conv1D: conv1d,
  GlobalAveragePooling1D: meanOfSteps,
  MaxPooling1D: pool1d('MaxPool'),
  PellucidCausalConv: causalConv,
  PellucidFrames: frames,
  PellucidGru: recurrent('GRU'),
  PellucidLstm: recurrent('LSTM'),
  PellucidStepMean: stepMean,
  PellucidStepPresence: (graph, _layer, [value]) => presence(graph, value!),
  PellucidStepValues: stepValues,
}
