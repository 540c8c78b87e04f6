import type { BatchMaker } from './batches'
import { assign, readWeights, toArray, writeWeights } from './checkpoint'
import type { TrainingData } from './encode/training-data'
import { forward } from './evaluate'
import { objectiveOf } from './objective'
import type { NamedArray } from './safetensors'
import type { RunParams } from './settings'
import { LossIsNoNumber, type PlannedStep, type StepFigures, type Stepper } from './stepper'
import { tf, type LayersModel } from './tf'
import { TrainStep } from './train-step'

/** Computes every op of a step by itself: on any engine, for any network. */
export class EagerStepper implements Stepper {
  readonly how = 'op by op'
  readonly stepsPerCall = 1
  readonly #step: TrainStep

  constructor(
    private readonly model: LayersModel,
    private readonly params: RunParams,
    private readonly data: TrainingData,
    private readonly batches: BatchMaker,
    rateOf: (weight: string) => number = () => 1,
  ) {
    this.#step = new TrainStep(model, params, rateOf)
  }

  train(steps: PlannedStep[]): StepFigures[] {
    return steps.map((planned) => {
      const batch = this.batches.make(planned.indices, planned.step)
      const figures = this.#step.run(batch, planned.learningRate, planned.step)
      const [loss, right] = figures.dataSync() as unknown as [number, number]
      figures.dispose()
      batch.dispose()
      if (!Number.isFinite(loss)) throw new LossIsNoNumber(planned)
      return { loss, right }
    })
  }

  predict(indices: Int32Array): Float32Array {
    const shape = [indices.length, ...this.data.inputShape]
    const { answer } = objectiveOf(this.params)
    const answers = tf.tidy(() => answer(forward(this.model, tf.tensor(this.data.read(indices), shape))))
    const values = answers.dataSync() as Float32Array
    answers.dispose()
    return values
  }

  get learning(): string[] {
    return this.model.trainableWeights.map(({ originalName }) => originalName)
  }

  weights(): NamedArray[] {
    return readWeights(this.model)
  }

  setWeights(weights: NamedArray[]): void {
    writeWeights(this.model, weights)
  }

  slots(): NamedArray[] {
    return this.#step.slots.map((slot, i) => toArray(String(i), slot))
  }

  setSlots(slots: NamedArray[]): void {
    this.#step.slots.forEach((slot, i) => assign(slot, slots[i]!))
  }

  dispose(): void {
    this.#step.dispose()
  }
}
