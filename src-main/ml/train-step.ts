import { seedDropout } from './dropout'
import { fuseBatchNorm } from './engine/batch-norm'
import { fuseLayerNorm } from './engine/layer-norm'
import { useNativeGradients } from './engine/native-gradients'
import { mixUp } from './mixup'
import { objectiveOf, type Objective } from './objective'
import { createOptimizer, stepScalars, type Optimizer } from './optimizers'
import { tf, type LayersModel, type Tensor, type TensorFlow } from './tf'
import type { RunParams } from './settings'

type Variable = TensorFlow.Variable

/**
 * One batch: inputs [b, ...shape], true classes [b], and targets [b, classes] when they are weighted or smoothed. Where a
 * number is predicted all of labels, oneHot and targets are the standardised numbers [b, 1].
 */
export interface Batch {
  inputs: Tensor
  labels: Tensor
  oneHot: Tensor
  targets: Tensor
}

/** Only kernels are penalised and decayed, not biases and norms. */
export const isKernel = (weight: Tensor): boolean => weight.rank > 1

/**
 * The loss of a batch with its gradients, penalties and clipping included: plain tfjs code, computed op by op or recorded.
 * @param step number of the step over the whole run, or the tensor that holds it in a recorded one
 * @returns `loss` scalar; `figures` [2]: summed loss and what the objective calls right, as the network stood before the
 *   step; a gradient per weight
 */
export function lossAndGradients(
  model: LayersModel,
  weights: Variable[],
  params: RunParams,
  plain: Batch,
  step: number | Tensor,
): { loss: Tensor; figures: Tensor; gradients: Tensor[] } {
  useNativeGradients()
  const objective = objectiveOf(params)
  return tf.tidy(() => {
    const batch = params.mixup > 0 ? mixUp(plain, params.mixup, params.seed, step) : plain
    let logits: Tensor | undefined
    const { grads, value } = tf.variableGrads(() => {
      logits = tf.keep(model.apply(batch.inputs, { training: true }) as Tensor)
      return objective.loss(logits, batch.targets) as TensorFlow.Scalar
    }, weights)
    const penalised = weights.map((weight) => penalise(grads[weight.name]!, weight, params))
    const gradients = clip(penalised, params.gradientClip)
    const figures = batchFigures(objective, logits!, batch, value)
    logits!.dispose()
    return { loss: value as Tensor, figures, gradients }
  })
}

/** Gradient of l1 * sum|w| + l2 * sum(w^2) over kernels. */
function penalise(gradient: Tensor, weight: Variable, { l1, l2 }: RunParams): Tensor {
  if (!isKernel(weight)) return gradient
  if (l2 > 0) gradient = tf.add(gradient, tf.mul(weight, 2 * l2))
  if (l1 > 0) gradient = tf.add(gradient, tf.mul(tf.sign(weight), l1))
  return gradient
}

/** Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", 2013. */
function clip(gradients: Tensor[], longest: number): Tensor[] {
  if (longest === 0) return gradients
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)))
  const norm = tf.sqrt(tf.addN(squares))
  const share = tf.minimum(1, tf.div(longest, tf.maximum(norm, 1e-12)))
  return gradients.map((gradient) => tf.mul(gradient, share))
}

/** Without weights or smoothing the trained loss is the plain one already. */
function batchFigures(
  objective: Objective,
  outputs: Tensor,
  { labels, oneHot, targets }: Batch,
  trainedLoss: Tensor,
): Tensor {
  const size = outputs.shape[0]!
  const loss = targets === oneHot ? trainedLoss : objective.loss(outputs, oneHot)
  return tf.stack([tf.mul(loss, size), objective.right(outputs, labels)])
}

/**
 * One training step on a model op by op, with the whole optimizer state in `slots` (vectors over all trainable weights).
 * It reads no value back: its result stays a tensor until somebody wants it.
 */
export class TrainStep {
  readonly weights: Variable[]
  readonly slots: Variable[]
  readonly #optimizer: Optimizer
  readonly #setDropoutStep: (step: number) => void
  /** Share of the learning rate by entry, [parameters]; null where all learn at the full rate. */
  readonly #rates: Tensor | null
  /** 1 for entries of kernels, 0 for others; [parameters]. Only where weights decay. */
  readonly #kernels: Tensor | null

  constructor(
    private readonly model: LayersModel,
    private readonly params: RunParams,
    rateOf: (weight: string) => number = () => 1,
  ) {
    this.weights = model.trainableWeights.map((weight) => weight.read() as Variable)
    this.#optimizer = createOptimizer(params)
    this.#setDropoutStep = seedDropout(model, params.seed)
    fuseBatchNorm(model)
    fuseLayerNorm(model)
    const count = this.weights.reduce((total, weight) => total + weight.size, 0)
    const names = params.averageWeights > 0 ? [...this.#optimizer.slots, 'average'] : this.#optimizer.slots
    this.slots = names.map(() => tf.tidy(() => tf.variable(tf.zeros([count]), false)))
    const rates = model.trainableWeights.map(({ originalName }) => rateOf(originalName))
    this.#rates = rates.some((rate) => rate !== 1) ? byEntry(this.weights, (_, i) => rates[i]!) : null
    this.#kernels = decayOf(params) > 0 ? byEntry(this.weights, (weight) => Number(isKernel(weight))) : null
  }

  /**
   * Trains on one batch. `step` counts from 1 over the whole run.
   * @returns [2]: summed loss and what the objective calls right, as the network stood before the step.
   */
  run(batch: Batch, learningRate: number, step: number): Tensor {
    this.#setDropoutStep(step)
    return tf.tidy(() => {
      const { figures, gradients } = lossAndGradients(this.model, this.weights, this.params, batch, step)
      this.#descend(flatten(gradients), learningRate, step)
      return figures
    })
  }

  dispose(): void {
    this.slots.forEach((slot) => slot.dispose())
    this.#kernels?.dispose()
    this.#rates?.dispose()
  }

  #descend(gradient: Tensor, learningRate: number, step: number): void {
    const scalars = stepScalars(learningRate, step)
    const update = this.#optimizer.update(gradient, this.slots, scalars)
    update.slots.forEach((slot, i) => this.slots[i]!.assign(slot as TensorFlow.Tensor1D))
    const whole = this.#kernels ? tf.add(update.step, this.#decay(scalars.learningRate)) : update.step
    const change = this.#rates ? tf.mul(whole, this.#rates) : whole
    const sizes = this.weights.map((weight) => weight.size)
    const parts = sizes.length > 1 ? tf.split(change, sizes) : [change]
    this.weights.forEach((weight, i) => weight.assign(tf.sub(weight, tf.reshape(parts[i]!, weight.shape))))
    if (this.params.averageWeights > 0) this.#follow(this.slots.at(-1)!, this.params.averageWeights)
  }

  #follow(average: Variable, decay: number): void {
    average.assign(tf.add(tf.mul(average, decay), tf.mul(flatten(this.weights), 1 - decay)) as TensorFlow.Tensor1D)
  }

  #decay(learningRate: Tensor): Tensor {
    return tf.mul(tf.mul(flatten(this.weights), this.#kernels!), tf.mul(learningRate, decayOf(this.params)))
  }
}

/** Weight decay per unit of learning rate: adamw's alone is apart from the gradient. */
export const decayOf = ({ optimizer, weightDecay }: RunParams): number => (optimizer === 'adamw' ? weightDecay : 0)

const flatten = (tensors: Tensor[]) =>
  tensors.length === 1 ? tf.reshape(tensors[0]!, [-1]) : tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1])))

/** A number per weight, spread over its entries: [parameters]. */
const byEntry = (weights: Variable[], valueOf: (weight: Variable, i: number) => number) =>
  tf.tidy(() => flatten(weights.map((weight, i) => tf.fill(weight.shape, valueOf(weight, i)))))
