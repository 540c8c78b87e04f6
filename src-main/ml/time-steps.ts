import type { Params } from '@shared/schemas/run'
import { BatchMaker } from './batches'
import { createStepper } from './create-stepper'
import type { TrainingData } from './encode/training-data'
import { buildModel } from './model'
import { objectiveOf } from './objective'
import { randomStream } from './random'
import { familyNamed, type RunParams } from './settings'

export interface TimedNet {
  family: string
  /** Complete, as a plan made them. */
  params: Params
  inputShape: number[]
  classCount: number
  /** How long to measure, after a first call of each kind. */
  seconds: number
}

/** Times training steps of a network on made-up samples, with the threads that this process was started with. */
export function timeSteps({ family: id, params: asked, inputShape, classCount, seconds }: TimedNet) {
  const family = familyNamed(id)
  const params = { ...(asked as RunParams), augment: false }
  const model = buildModel(family, params, inputShape, classCount)
  const { batchSize } = params
  const count = batchSize * 8
  const data = madeUp(count, inputShape)
  const isNumber = objectiveOf(params).task === 'regression'
  const labels = isNumber ? new Float32Array(count) : Int32Array.from({ length: count }, (_, i) => i % classCount)
  const train = Int32Array.from({ length: count }, (_, i) => i)
  const set = { data, labels, train, validation: new Int32Array(0) }
  const batches = new BatchMaker(data, labels, Array<number>(classCount).fill(1), params, null)
  const stepper = createStepper({ model, params, set, batches, log: () => {} })
  try {
    let step = 0
    const call = () => {
      const steps = Array.from({ length: stepper.stepsPerCall }, (_, k) => {
        const from = ((step + k) % 8) * batchSize
        return { indices: train.slice(from, from + batchSize), learningRate: 1e-4, step: step + k + 1 }
      })
      stepper.train(steps)
      step += steps.length
    }
    call()
    call()
    const [before, from] = [step, performance.now()]
    while (performance.now() - from < seconds * 1000) call()
    return { msPerStep: (performance.now() - from) / (step - before) }
  } finally {
    stepper.dispose()
    model.dispose()
  }
}

function madeUp(count: number, inputShape: number[]): TrainingData {
  const size = inputShape.reduce((all, length) => all * length, 1)
  const random = randomStream(1)
  const packed = Float32Array.from({ length: count * size }, () => random.uniform())
  const read = (indices: ArrayLike<number>) => {
    const batch = new Float32Array(indices.length * size)
    for (let i = 0; i < indices.length; i++)
      batch.set(packed.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size)
    return batch
  }
  return { inputShape, size, packed, read }
}
