import type { NamedArray } from './safetensors'

/** A step to take: samples by their index, all of one batch. `step` counts from 1 over the whole run. */
export interface PlannedStep {
  indices: Int32Array
  learningRate: number
  step: number
}

/** Summed loss, and right answers or the sum of absolute errors, as the network stood before the step. */
export interface StepFigures {
  loss: number
  right: number
}

/** What trains a network step by step and holds its state meanwhile: weights, optimizer slots. */
export interface Stepper {
  /** How steps are computed, for the log. */
  readonly how: string
  /** Most steps that one call of `train` takes, all of full batches. */
  readonly stepsPerCall: number
  /** Takes consecutive steps on batches of one size. Throws `LossIsNoNumber`. */
  train(steps: PlannedStep[]): StepFigures[]
  /** What the network answers (class probabilities, standardised numbers) for samples by index, [indices.length, outputs]. */
  predict(indices: Int32Array): Float32Array
  /** All weights of the network by their names in it. */
  weights(): NamedArray[]
  setWeights(weights: NamedArray[]): void
  /** Names of the weights that learn, in the order of the slots' entries. */
  readonly learning: string[]
  /** The optimizer's state, vectors over all trainable weights in their order. */
  slots(): NamedArray[]
  setSlots(slots: NamedArray[], stepsDone: number): void
  dispose(): void
}

/** The loss of a step was NaN or infinite; the state is that before the step, or no longer of use. */
export class LossIsNoNumber extends Error {
  constructor(readonly planned: PlannedStep) {
    super(`The loss of step ${planned.step} is no number.`)
  }
}
