import { describe, expect, test } from 'vitest'
import { BatchMaker, classWeightsOf, epochOrder } from '@main/ml/batches'
import { loadCheckpoint } from '@main/ml/checkpoint'
import { createStepper } from '@main/ml/create-stepper'
import { explainDivergence } from '@main/ml/divergence'
import type { TrainingData } from '@main/ml/encode/training-data'
import { familyNamed, type RunParams } from '@main/ml/settings'
import { buildModel } from '@main/ml/model'
import { randomStream } from '@main/ml/random'
import { TrainingParams } from '@main/ml/training-params'
import { TrainingLoop } from '@main/ml/training-loop'
import { tempFolder } from '../../helpers/temp-db'

const count = 50
const values = Float32Array.from({ length: count * 3 }, randomStream(3).uniform)
const data: TrainingData = {
  inputShape: [3],
  size: 3,
  packed: values,
  read: (indices) => Float32Array.from(Array.from(indices).flatMap((i) => [...values.subarray(i * 3, i * 3 + 3)])),
}
const network = { hiddenLayers: 1, units: 4, activation: 'relu', batchNorm: true, dropout: 0.2 }
const params = { ...network, ...TrainingParams.parse({ epochs: 3, batchSize: 8, learningRate: 0.05 }) } as RunParams

/** A loop that looks at its figures after every step: its clock jumps by a second at each question. */
function createLoop(folder: string, onStep: (stepInEpoch: number, epoch: number) => void = () => {}) {
  const labels = Int32Array.from({ length: count }, (_, i) => (values[i * 3]! > 0.5 ? 1 : 0))
  const model = buildModel(familyNamed('mlp'), params, [3], 2)
  const train = Int32Array.from({ length: 45 }, (_, i) => i)
  const set = { data, labels, train, validation: Int32Array.from([45, 46, 47, 48, 49]) }
  let clock = 0
  const batches = new BatchMaker(data, labels, [1, 1], params, null)
  const stepper = createStepper({ model, params, set, batches, log: () => {} })
  const loop = new TrainingLoop(
    stepper,
    params,
    set,
    folder,
    { epochEnded: () => {}, progressed: ({ stepInEpoch, epoch }) => onStep(stepInEpoch, epoch) },
    explainDivergence(model, stepper, batches, params),
    () => (clock += 1000),
  )
  return { loop, stepper }
}

describe('the training loop', () => {
  test('the last, smaller batch of an epoch is trained on too', async () => {
    const { loop } = createLoop(await tempFolder())
    expect(loop.stepsPerEpoch).toBe(6)
    await loop.run(new AbortController().signal)
    expect(loop.progress).toMatchObject({ epoch: 3, step: 18, samplesTrained: 135 })
  })

  test.each([1, 4, 6])('stopped after step %i within an epoch it goes on from there, exactly', async (stop) => {
    const whole = createLoop(await tempFolder())
    await whole.loop.run(new AbortController().signal)

    const folder = await tempFolder()
    const controller = new AbortController()
    const first = createLoop(folder, (step, epoch) => epoch === 2 && step === stop && controller.abort())
    expect(await first.loop.run(controller.signal)).toBe('stopped')
    const { checkpoint } = (await loadCheckpoint(folder))!
    expect(checkpoint.progress).toMatchObject({ epoch: 1, stepInEpoch: stop })
    const second = createLoop(folder)
    second.loop.restore(checkpoint)
    expect(await second.loop.run(new AbortController().signal)).toBe('finished')
    expect(second.stepper.weights()).toEqual(whole.stepper.weights())
    expect(second.loop.progress.best).toEqual(whole.loop.progress.best)
  })

  test('long epochs are checkpointed on the way', async () => {
    const folder = await tempFolder()
    const seen = new Set<number>()
    const steps: Promise<void>[] = []
    const look = async () => {
      const found = await loadCheckpoint(folder)
      if (found) seen.add(found.checkpoint.progress.stepInEpoch)
    }
    const { loop } = createLoop(folder, () => steps.push(look()))
    await loop.run(new AbortController().signal)
    await Promise.all(steps)
    expect([...seen].some((step) => step > 0)).toBe(true)
  })

  test('each epoch has an order of its own that holds every sample once', () => {
    const [first, second] = [0, 1].map((epoch) => epochOrder(new Int32Array(20), 1, epoch)) as [Int32Array, Int32Array]
    expect([...first]).not.toEqual([...second])
    expect(new Set(first).size).toBe(20)
  })

  test('balanced weights mean one over the samples', () => {
    const perClass = [30, 10]
    const weights = classWeightsOf('balanced', perClass)
    expect(weights[1]! / weights[0]!).toBeCloseTo(3, 12)
    expect((weights[0]! * 30 + weights[1]! * 10) / 40).toBeCloseTo(1, 12)
  })
})
