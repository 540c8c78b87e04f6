import { z } from 'zod'
import { WorkbenchError } from '@shared/errors'
import { tf, type LayersModel, type Tensor, type TensorFlow } from '../tf'
import type { SampleAttributionInput } from './define'
import { targetScore } from './score'

/** Settings of every method that looks at one convolution. */
export const CamParams = z.object({
  layer: z.string().default('').meta({
    title: 'Layer',
    description:
      'Name of the convolution to look at, with the activation behind it; empty takes the last, which sees the largest shapes.',
    group: 'Map',
  }),
})

type Layer = TensorFlow.layers.Layer

const convolutions = (model: LayersModel): Layer[] =>
  model.layers.filter((layer) => layer.getClassName().includes('Conv2D'))

function chosenLayer(model: LayersModel, name: string): Layer {
  const layers = convolutions(model)
  const layer = name === '' ? layers.at(-1) : layers.find((candidate) => candidate.name === name)
  if (layer) return layer
  const known = layers.map((candidate) => candidate.name).join(', ')
  throw new WorkbenchError('invalid_input', `This network has no convolution "${name}"; it has ${known || 'none'}.`)
}

const consumers = (layer: Layer): Layer[] => layer.outboundNodes.map((node) => node.outboundLayer)
const isNorm = (layer: Layer) => layer.getClassName().includes('Normalization')
const isActivation = (layer: Layer) => /^(Activation|\w*ReLU|ELU|Softmax)$/.test(layer.getClassName())

/**
 * The layer that gives out a convolution's feature maps as the network passes them on: the activation that follows it,
 * behind a normalisation or not, or the convolution itself. Before the activation a map holds negative values that nobody
 * sees, and a negative weight would turn them into evidence for the class.
 */
function activated(convolution: Layer): Layer {
  let layer = convolution
  for (let [next, other] = consumers(layer); next && !other; [next, other] = consumers(layer)) {
    if (isActivation(next)) return next
    if (!isNorm(next)) return convolution
    layer = next
  }
  return convolution
}

/**
 * Feature maps of a layer [1, h, w, k] and the gradient of the class's logit with respect to them. The layer's output is
 * shifted by a zero whose gradient is taken, which works for any way the layers are wired.
 */
function mapsAndGradient(
  layer: Layer,
  explained: { logits(input: Tensor): Tensor },
  input: Tensor,
  target: number,
): { maps: Tensor; gradient: Tensor } {
  const call = layer.call
  let maps: Tensor | null = null
  let shift: Tensor | null = null
  layer.call = (inputs, kwargs) => {
    const output = call.call(layer, inputs, kwargs) as Tensor
    maps ??= tf.keep(output.clone())
    return shift ? output.add(shift) : output
  }
  try {
    tf.tidy(() => explained.logits(input))
    const gradient = tf.grad((zero: Tensor) => {
      shift = zero
      return targetScore(explained, input, target)
    })(tf.zerosLike(maps!))
    return { maps: maps!, gradient }
  } finally {
    layer.call = call
  }
}

/** Feature maps [1, h, w, k] of the chosen convolution, with the activation behind it. The caller disposes them. */
export function featureMaps({
  model,
  input,
  params,
  logits,
}: Pick<SampleAttributionInput<z.infer<typeof CamParams>>, 'model' | 'input' | 'params' | 'logits'>): Tensor {
  const layer = activated(chosenLayer(model, params.layer))
  const call = layer.call
  let maps: Tensor | null = null
  layer.call = (inputs, kwargs) => {
    const output = call.call(layer, inputs, kwargs) as Tensor
    maps ??= tf.keep(output.clone())
    return output
  }
  try {
    tf.dispose(tf.tidy(() => logits(input)))
    return maps!
  } finally {
    layer.call = call
  }
}

/** Why a network has no such map, in a sentence; null when it has. */
export const whyNoConvolution = (title: string) => (model: LayersModel) =>
  convolutions(model).length > 0 ? null : `${title} looks at a convolution, and this network has none.`

/**
 * Positive part of the feature maps' weighted sum, stretched bilinearly to the input's size: [height, width].
 * `weigh` gives the maps' weights [1, 1, 1, k] from the maps and the gradient of the class's logit, both [1, h, w, k].
 */
export function classActivationMap(
  { model, input, target, params, logits }: SampleAttributionInput<z.infer<typeof CamParams>>,
  weigh: (maps: Tensor, gradient: Tensor) => Tensor,
): Tensor {
  const layer = activated(chosenLayer(model, params.layer))
  let kept: Tensor | null = null
  const map = tf.tidy(() => {
    const { maps, gradient } = mapsAndGradient(layer, { logits }, input, target)
    kept = maps
    const cam = maps.mul(weigh(maps, gradient)).sum(3, true).relu() as TensorFlow.Tensor4D
    const [height, width] = [input.shape[1]!, input.shape[2]!]
    return tf.image.resizeBilinear(cam, [height, width], false, true).squeeze([0, 3])
  })
  tf.dispose(kept!)
  return map
}
