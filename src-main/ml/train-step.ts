import { seedDropout } from './dropout'
import { createOptimizer, stepScalars, type Optimizer } from './optimizers'
import { tf, type LayersModel, type Tensor, type TensorFlow } from './tf'
import type { RunParams } from './settings'

type Variable = TensorFlow.Variable

/** One batch: inputs [b, ...shape], true classes [b], and targets [b, classes] when they are weighted or smoothed. */
export interface Batch {
  inputs: Tensor
  labels: Tensor
  oneHot: Tensor
  targets: Tensor
}

/**
 * One training step on a model, with the whole optimizer state in `slots` (vectors over all trainable weights). The step
 * reads no value back: its result stays a tensor until somebody wants it.
 */
export class TrainStep {
  readonly weights: Variable[]
  readonly slots: Variable[]
  readonly #optimizer: Optimizer
  readonly #setDropoutStep: (step: number) => void
  /** 1 for entries of kernels, which penalties and decay are for, 0 for biases and norms; [parameters]. */
  readonly #isKernel: Tensor | null

  constructor(
    private readonly model: LayersModel,
    private readonly params: RunParams,
  ) {
    this.weights = model.trainableWeights.map((weight) => weight.read() as Variable)
    this.#optimizer = createOptimizer(params)
    this.#setDropoutStep = seedDropout(model, params.seed)
    const count = this.weights.reduce((total, weight) => total + weight.size, 0)
    this.slots = this.#optimizer.slots.map(() => tf.tidy(() => tf.variable(tf.zeros([count]), false)))
    this.#isKernel = this.#hasPenalty ? kernelMask(this.weights) : null
  }

  /**
   * Trains on one batch. `step` counts from 1 over the whole run.
   * @returns [2]: summed cross-entropy in nats and number of right answers, as the network stood before the step.
   */
  run(batch: Batch, learningRate: number, step: number): Tensor {
    this.#setDropoutStep(step)
    return tf.tidy(() => {
      let logits: Tensor | undefined
      const { grads, value } = tf.variableGrads(() => {
        logits = tf.keep(this.model.apply(batch.inputs, { training: true }) as Tensor)
        return meanCrossEntropy(logits, batch.targets)
      }, this.weights)
      this.#descend(grads, learningRate, step)
      const figures = batchFigures(logits!, batch, value)
      logits!.dispose()
      return figures
    })
  }

  dispose(): void {
    this.slots.forEach((slot) => slot.dispose())
    this.#isKernel?.dispose()
  }

  get #hasPenalty(): boolean {
    const { l1, l2, weightDecay } = this.params
    return l1 > 0 || l2 > 0 || weightDecay > 0
  }

  #descend(grads: TensorFlow.NamedTensorMap, learningRate: number, step: number): void {
    const scalars = stepScalars(learningRate, step)
    const kernels = this.#isKernel ? tf.mul(flatten(this.weights), this.#isKernel) : null
    const gradient = this.#clip(this.#penalise(flatten(this.weights.map(({ name }) => grads[name]!)), kernels))
    const update = this.#optimizer.update(gradient, this.slots, scalars)
    update.slots.forEach((slot, i) => this.slots[i]!.assign(slot as TensorFlow.Tensor1D))
    const { optimizer, weightDecay } = this.params
    const decays = optimizer === 'adamw' && weightDecay > 0
    const decay = decays ? tf.mul(kernels!, tf.mul(scalars.learningRate, weightDecay)) : null
    const change = decay ? tf.add(update.step, decay) : update.step
    const sizes = this.weights.map((weight) => weight.size)
    const parts = sizes.length > 1 ? tf.split(change, sizes) : [change]
    this.weights.forEach((weight, i) => weight.assign(tf.sub(weight, tf.reshape(parts[i]!, weight.shape))))
  }

  /** Gradient of l1 * sum|w| + l2 * sum(w^2) over kernels. */
  #penalise(gradient: Tensor, kernels: Tensor | null): Tensor {
    const { l1, l2 } = this.params
    if (l2 > 0) gradient = tf.add(gradient, tf.mul(kernels!, 2 * l2))
    if (l1 > 0) gradient = tf.add(gradient, tf.mul(tf.sign(kernels!), l1))
    return gradient
  }

  /** Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", 2013. */
  #clip(gradient: Tensor): Tensor {
    const { gradientClip } = this.params
    if (gradientClip === 0) return gradient
    const norm = tf.sqrt(tf.sum(tf.square(gradient)))
    return tf.mul(gradient, tf.minimum(1, tf.div(gradientClip, tf.maximum(norm, 1e-12))))
  }
}

const flatten = (tensors: Tensor[]) =>
  tensors.length === 1 ? tf.reshape(tensors[0]!, [-1]) : tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1])))

const kernelMask = (weights: Variable[]) =>
  tf.tidy(() => flatten(weights.map((weight) => tf.fill(weight.shape, weight.rank > 1 ? 1 : 0))))

/** -sum(targets * log softmax(logits)) over the batch's size; a scalar. */
function meanCrossEntropy(logits: Tensor, targets: Tensor): TensorFlow.Scalar {
  return tf.div(tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)))), logits.shape[0]!)
}

/** Without weights or smoothing the trained loss is the cross-entropy already. */
function batchFigures(logits: Tensor, { labels, oneHot, targets }: Batch, trainedLoss: Tensor): Tensor {
  const size = logits.shape[0]!
  const loss = targets === oneHot ? trainedLoss : meanCrossEntropy(logits, oneHot)
  const right = tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32'))
  return tf.stack([tf.mul(loss, size), right])
}
