import { BatchMaker, classWeightsOf } from '@main/ml/batches'
import { createStepper } from '@main/ml/create-stepper'
import { EagerStepper } from '@main/ml/eager-stepper'
import { augmentationOf } from '@main/ml/encode/augment'
import type { TrainingData } from '@main/ml/encode/training-data'
import { buildModel } from '@main/ml/model'
import { randomStream } from '@main/ml/random'
import { familyNamed, resolveParams } from '@main/ml/settings'
import type { PlannedStep } from '@main/ml/stepper'
import type { LayersModel } from '@main/ml/tf'
import type { Modality, Task } from '@shared/schemas/dataset'
import type { Params } from '@shared/schemas/run'

const count = 90
const classes = 3

type Kind = 'table' | 'image' | 'series' | 'text'
const shapes: Record<Kind, number[]> = { table: [6], image: [8, 8, 1], series: [10, 3], text: [10] }

/** Random samples whose class depends on their first numbers; pictures are bytes, the last channel of series marks steps. */
export function toySamples(kind: Kind): { data: TrainingData; labels: Int32Array } {
  const random = randomStream(5)
  const inputShape = shapes[kind]
  const isPicture = kind === 'image'
  const size = inputShape.reduce((a, b) => a * b, 1)
  const steps = Array.from({ length: count }, () => 4 + random.below(7))
  const values: Record<Kind, (i: number, k: number) => number> = {
    image: () => random.below(256),
    table: () => random.between(-1, 1),
    series: (i, k) => (k / 3 >= steps[i]! ? 0 : k % 3 === 2 ? 1 : random.between(-1, 1)),
    text: (i, k) => (k >= steps[i]! ? 0 : 1 + random.below(20)),
  }
  const all = Array.from({ length: count * size }, (_, at) => values[kind](Math.floor(at / size), at % size))
  const packed = isPicture ? Uint8Array.from(all) : Float32Array.from(all)
  const at = (i: number) => packed[i * size]! / { image: 255, table: 1, series: 1, text: 20 }[kind]
  const labels = Int32Array.from({ length: count }, (_, i) => Math.abs(Math.floor(at(i) * 6)) % classes)
  const read: TrainingData['read'] = (indices) =>
    Float32Array.from(
      Array.from(indices).flatMap((i) =>
        Array.from(packed.subarray(i * size, (i + 1) * size), (value) =>
          isPicture ? Math.fround(value / 255) : value,
        ),
      ),
    )
  return { data: { inputShape, size, packed, read }, labels }
}

export interface ToyRun {
  family?: string
  task?: Task
  params?: Params
  /** In place of a family's network. */
  build?: (inputShape: number[], classCount: number) => LayersModel
  /** Share of the learning rate by weight. */
  rateOf?: (weight: string) => number
  log?: (text: string) => void
  /** Weight of a sample's mistakes, by its index. */
  weightOf?: (index: number) => number
}

/** A standardised number per sample, by its first values. */
const numbersOf = ({ packed, size }: TrainingData) =>
  Float32Array.from({ length: count }, (_, i) => 1.5 * packed![i * size]! - packed![i * size + 1]!)

/** A fresh network with what takes its steps, traced where that can be and once more op by op. */
export function toySteppers({
  family = 'mlp',
  task = 'classification',
  params: asked = {},
  build,
  rateOf,
  weightOf,
  log = () => {},
}: ToyRun) {
  const [first] = familyNamed(family).modalities as [Modality]
  const modality = task === 'regression' ? 'table' : first
  const { data, labels: classLabels } = toySamples(modality === 'audio' ? 'image' : (modality as Kind))
  const labels = task === 'regression' ? numbersOf(data) : classLabels
  const context = { modality, task, sampleCount: count, inputShape: data.inputShape, classCount: classes }
  const params = resolveParams(familyNamed(family), { batchSize: 16, ...asked }, 'quick', context)
  const perClass = Array.from({ length: classes }, (_, k) => classLabels.filter((label) => label === k).length)
  const weights = classWeightsOf(params.classWeights, perClass)
  const model = () =>
    build ? build(data.inputShape, classes) : buildModel(familyNamed(family), params, data.inputShape, classes)
  const all = Int32Array.from({ length: count }, (_, i) => i)
  const sampleWeights = weightOf ? Float32Array.from(all, weightOf) : null
  const batches = new BatchMaker(data, labels, weights, params, augmentationOf(params), sampleWeights)
  const set = { data, labels, train: all, validation: all }
  return {
    params,
    traced: () => createStepper({ model: model(), params, rateOf, set, batches, log }),
    eager: () => new EagerStepper(model(), params, data, batches, rateOf),
  }
}

/** Steps over the samples in their order; the last batch of each round is a smaller one. */
export function toyPlan(steps: number, learningRate = 0.01, batchSize = 16): PlannedStep[] {
  const perEpoch = Math.ceil(count / batchSize)
  return Array.from({ length: steps }, (_, i) => {
    const from = (i % perEpoch) * batchSize
    const length = Math.min(batchSize, count - from)
    return { indices: Int32Array.from({ length }, (_each, k) => from + k), learningRate, step: i + 1 }
  })
}
