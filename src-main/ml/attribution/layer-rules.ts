import { tf, type LayersModel, type Tensor, type TensorFlow } from '../tf'

type Layer = TensorFlow.layers.Layer
/** tfjs keeps a layer's activation behind a property that its types hide. */
type WithActivation = Layer & { activation: { apply(x: Tensor): Tensor; getClassName(): string } }

/** What a method puts in the place of a network's own gradient; forward nothing changes. */
export interface Rules {
  /** The activation of that name of its inputs (relu, tanh …), `apply` being the plain function. */
  activation?(inputs: Tensor, name: string, apply: (x: Tensor) => Tensor): Tensor
  /** What a dense layer or convolution gives out before its activation. */
  linear?(outputs: Tensor): Tensor
  /** What a max-pool over pictures gives out of its inputs; `unpool` puts values of its outputs where its inputs were largest. */
  maxPool?(inputs: Tensor, apply: (x: Tensor) => Tensor, unpool: Unpool): Tensor
}

/** Values shaped as a pool's outputs, each added at the place that its window took from `inputs`; shaped as these. */
export type Unpool = (values: Tensor, inputs: Tensor, outputs: Tensor) => Tensor

const isLinear = (layer: Layer) => /^(Dense|(Depthwise)?Conv[12]D)$/.test(layer.getClassName())
const isMaxPool = (layer: Layer) => layer.getClassName() === 'MaxPooling2D'
const hasActivation = (layer: Layer): layer is WithActivation =>
  isLinear(layer) || layer.getClassName() === 'Activation'

/** Layers whose gradient is right as it is: linear in their inputs once trained, or passing some of them on. */
const passing =
  /^(InputLayer|Dropout|SpatialDropout1D|Flatten|Reshape|Permute|Add|Concatenate|BatchNormalization|ZeroPadding2D|MaxPooling[12]D|(Global)?AveragePooling[12]D)$/

/** Names the layers that no rule is stated for; null when every layer of the network has one. */
export function whyNoRules(title: string): (model: LayersModel) => string | null {
  return ({ layers }) => {
    const strange = layers.filter((layer) => !hasActivation(layer))
    const names = strange.map((layer) => layer.getClassName()).filter((name) => !passing.test(name))
    if (names.length === 0) return null
    return `${title} has rules for dense, convolution, pooling and activation layers, and this network has ${[...new Set(names)].join(', ')}.`
  }
}

/** Runs `compute` while the network's layers follow `rules`; afterwards they are as before. */
export function withRules<T>({ layers }: LayersModel, rules: Rules, compute: () => T): T {
  const undo: (() => void)[] = []
  try {
    for (const layer of layers) {
      if (hasActivation(layer)) undo.push(ruleActivation(layer, rules))
      if (rules.maxPool && isMaxPool(layer)) undo.push(ruleMaxPool(layer, rules.maxPool))
    }
    return compute()
  } finally {
    undo.forEach((restore) => restore())
  }
}

function ruleMaxPool(layer: Layer, rule: NonNullable<Rules['maxPool']>): () => void {
  const { call } = layer
  const { poolSize, strides, padding } = layer.getConfig() as Record<string, unknown>
  const attrs = { filterSize: poolSize, strides: strides ?? poolSize, pad: padding, dimRoundingMode: undefined }
  const unpool: Unpool = (dy, input, output) =>
    tf.engine().runKernel('MaxPoolGrad', { dy, input, output }, attrs as never) as Tensor
  const plain = (x: Tensor) => call.call(layer, x, {}) as Tensor
  layer.call = (inputs) => rule((Array.isArray(inputs) ? inputs[0] : inputs) as Tensor, plain, unpool)
  return () => (layer.call = call)
}

function ruleActivation(layer: WithActivation, rules: Rules): () => void {
  const own = layer.activation
  const name = own.getClassName()
  const apply = (x: Tensor) => own.apply(x)
  layer.activation = {
    apply(inputs) {
      const x = isLinear(layer) && rules.linear ? rules.linear(inputs) : inputs
      return name !== 'linear' && rules.activation ? rules.activation(x, name, apply) : apply(x)
    },
    // A name that tfjs has no fused kernel for, so that it asks `apply`.
    getClassName: () => 'ruled',
  }
  return () => (layer.activation = own)
}

/** A function of one tensor with a gradient of its own: `gradient` of what arrives, the inputs and the outputs. */
export function withGradient(
  inputs: Tensor,
  apply: (x: Tensor) => Tensor,
  gradient: (arriving: Tensor, inputs: Tensor, outputs: Tensor) => Tensor,
): Tensor {
  const op = tf.customGrad((x, save) => {
    const value = apply(x as Tensor)
    ;(save as (saved: Tensor[]) => void)([x as Tensor, value])
    return { value, gradFunc: (arriving, saved) => gradient(arriving as Tensor, saved[0]!, saved[1]!) }
  })
  return op(inputs)
}
