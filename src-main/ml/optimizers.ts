import { averaging, fusedOptimizers, type FusedOptimizer } from './engine/fused-optimizers'
import { tf, type Tensor } from './tf'
import type { TrainingParams } from './training-params'

/** What changes from step to step, as scalars: a recorded step takes them as inputs. */
export interface StepScalars {
  learningRate: Tensor
  /** 1 / (1 - beta1^t) and 1 / (1 - beta2^t), Adam's correction of its averages' start at zero. */
  correction1: Tensor
  correction2: Tensor
}

/**
 * An optimizer over all trainable weights as one vector [parameters]. Pure: gradients and slots in, what to subtract from
 * the weights and the new slots out; so its complete state can be saved, restored and recorded.
 */
export interface Optimizer {
  slots: string[]
  update(gradient: Tensor, slots: Tensor[], scalars: StepScalars): { step: Tensor; slots: Tensor[] }
}

const beta1 = 0.9
const beta2 = 0.999
const epsilon = 1e-8
/** RMSprop's averaging. */
const rho = 0.9

/** average * decay + value * (1 - decay) */
const blend = (average: Tensor, value: Tensor, decay: number) =>
  tf.add(tf.mul(average, decay), tf.mul(value, 1 - decay))

/** Robbins & Monro, 1951: w -= lr * g. */
const sgd: Optimizer = {
  slots: [],
  update: (gradient, _, { learningRate }) => ({ step: tf.mul(gradient, learningRate), slots: [] }),
}

/** Polyak's heavy ball, 1964: v = momentum * v + g; w -= lr * v. */
const heavyBall = (momentum: number): Optimizer => ({
  slots: ['velocity'],
  update(gradient, [velocity], { learningRate }) {
    const moved = tf.add(tf.mul(velocity!, momentum), gradient)
    return { step: tf.mul(moved, learningRate), slots: [moved] }
  },
})

/** Tieleman & Hinton, 2012: s = rho * s + (1 - rho) * g^2; w -= lr * g / (sqrt(s) + eps). */
const rmsprop: Optimizer = {
  slots: ['meanSquare'],
  update(gradient, [meanSquare], { learningRate }) {
    const square = blend(meanSquare!, tf.square(gradient), rho)
    return { step: tf.mul(learningRate, tf.div(gradient, tf.add(tf.sqrt(square), epsilon))), slots: [square] }
  },
}

/** Kingma & Ba, "Adam", 2015, algorithm 1. AdamW (Loshchilov & Hutter, 2019) is the same with decay apart from it. */
const adam: Optimizer = {
  slots: ['mean', 'meanSquare'],
  update(gradient, [mean, meanSquare], { learningRate, correction1, correction2 }) {
    const first = blend(mean!, gradient, beta1)
    const second = blend(meanSquare!, tf.square(gradient), beta2)
    const direction = tf.div(tf.mul(first, correction1), tf.add(tf.sqrt(tf.mul(second, correction2)), epsilon))
    return { step: tf.mul(direction, learningRate), slots: [first, second] }
  },
}

export function createOptimizer(params: Pick<TrainingParams, 'optimizer' | 'momentum'>): Optimizer {
  const { optimizer, momentum } = params
  if (optimizer === 'sgd') return sgd
  if (optimizer === 'momentum') return heavyBall(momentum)
  return optimizer === 'rmsprop' ? rmsprop : adam
}

/** The same as TensorFlow's fused kernels; with the average of the weights as a last slot where one is asked for. */
export function createFusedOptimizer(
  params: Pick<TrainingParams, 'optimizer' | 'momentum'> & { averageWeights?: number },
): FusedOptimizer {
  const plain = createPlainOptimizer(params)
  return params.averageWeights ? averaging(plain, params.averageWeights) : plain
}

function createPlainOptimizer({ optimizer, momentum }: Pick<TrainingParams, 'optimizer' | 'momentum'>): FusedOptimizer {
  if (optimizer === 'sgd') return fusedOptimizers.sgd
  if (optimizer === 'momentum') return fusedOptimizers.heavyBall(momentum)
  if (optimizer === 'rmsprop') return fusedOptimizers.rmsprop(rho, epsilon)
  return fusedOptimizers.adam(beta1, beta2, epsilon)
}

/** Scalars of the step with this number, from 1. */
export function stepScalars(learningRate: number, step: number): StepScalars {
  return {
    learningRate: tf.scalar(learningRate),
    correction1: tf.scalar(1 / (1 - beta1 ** step)),
    correction2: tf.scalar(1 / (1 - beta2 ** step)),
  }
}
