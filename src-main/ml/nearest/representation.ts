import { WorkbenchError } from '@shared/errors'
import { tf, type LayersModel, type Tensor, type TensorFlow } from '../tf'

type Layer = TensorFlow.layers.Layer
type Symbolic = TensorFlow.SymbolicTensor

/** What a network makes of its inputs before it decides: what its last layer with weights reads. */
export interface Representation {
  layer: string
  /** Numbers per sample. */
  width: number
  /** [n, ...inputShape] to [n, width]. */
  of(inputs: Tensor): Tensor
}

const known = new WeakMap<LayersModel, Representation>()

/** The representation of a network; it shares the network's weights and needs no disposal of its own. */
export function representationOf(model: LayersModel): Representation {
  const found = known.get(model) ?? build(model)
  known.set(model, found)
  return found
}

function build(model: LayersModel): Representation {
  const { input, before } = lastRead(model.outputs[0]!.sourceLayer)
  const part = tf.model({ inputs: model.inputs, outputs: input, name: `${model.name}-representation` })
  const width = (input.shape.slice(1) as number[]).reduce((product, length) => product * length, 1)
  return {
    layer: before,
    width,
    of: (inputs) =>
      tf.tidy(() => (part.apply(inputs, { training: false }) as Tensor).reshape([inputs.shape[0]!, width])),
  }
}

/** The layer that people know: dropout passes on what came before it. */
const named = (layer: Layer): Layer =>
  layer.getClassName() === 'Dropout' ? named((layer.input as Symbolic).sourceLayer) : layer

/** Walks back from the logits to the last layer that learnt something. */
function lastRead(layer: Layer): { input: Symbolic; before: string } {
  const { input } = layer
  if (Array.isArray(input))
    throw new WorkbenchError(
      'incompatible',
      `"${layer.name}" reads several inputs; there is no one representation of a sample.`,
    )
  if (layer.weights.length === 0) return lastRead(input.sourceLayer)
  return { input, before: named(input.sourceLayer).name }
}
