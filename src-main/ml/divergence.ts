import type { BatchMaker } from './batches'
import { writeWeights } from './checkpoint'
import { inScope } from './engine/recorder'
import type { NamedArray } from './safetensors'
import type { RunParams } from './settings'
import type { PlannedStep, Stepper } from './stepper'
import { tf, type LayersModel, type Tensor } from './tf'

/** Says in a sentence or two why the loss of a step is no number: where it began, the likely cause, what to try. */
export function explainDivergence(
  model: LayersModel,
  stepper: Stepper,
  batches: BatchMaker,
  params: RunParams,
): (failed: PlannedStep) => string {
  const advice =
    `The likely cause is the learning rate of ${params.learningRate}; ` + 'try a tenth of it, or a gradient clip of 1.'
  return ({ indices, step }) => {
    const inputs = batches.read(indices, step)
    if (!inputs.every(Number.isFinite)) return 'a sample of its batch holds values that are no numbers. Check the data.'
    const weights = stepper.weights()
    const broken = weights.find(({ data }) => !data.every(Number.isFinite))
    if (broken) return `the weights of layer "${layerOf(broken)}" have diverged. ${advice}`
    const layer = firstOverflow(model, weights, inputs, indices.length)
    return `the weights have diverged${layer ? `, layer "${layer}" is the first to overflow` : ''}. ${advice}`
  }
}

const layerOf = ({ name }: NamedArray) => name.split('/')[0]!

/** Name of the first layer whose output is not all numbers. */
function firstOverflow(model: LayersModel, weights: NamedArray[], inputs: Float32Array, count: number): string | null {
  writeWeights(model, weights)
  return inScope(() => {
    const [, ...shape] = model.inputs[0]!.shape as number[]
    const batch = tf.tensor(inputs, [count, ...shape])
    const outputs = model.layers.map((layer) => layer.output as (typeof model.outputs)[number])
    const values = tf.model({ inputs: model.inputs, outputs }).apply(batch, { training: true }) as Tensor | Tensor[]
    const list = Array.isArray(values) ? values : [values]
    const at = list.findIndex((value) => !tf.all(tf.isFinite(value)).dataSync()[0])
    return at < 0 ? null : model.layers[at]!.name
  })
}
