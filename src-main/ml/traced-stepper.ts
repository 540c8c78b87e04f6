import type { BatchMaker } from './batches'
import { readWeights, writeWeights } from './checkpoint'
import { seedDropout } from './dropout'
import type { TrainingData } from './encode/training-data'
import { fuseBatchNorm } from './engine/batch-norm'
import { fuseLayerNorm } from './engine/layer-norm'
import { GraphSession, type Feed } from './engine/graph-session'
import type { GraphVariable } from './engine/graph-variables'
import type { TypedValues } from './engine/recorder'
import { TrainGraph, type PredictEntry, type StepEntry, type TrainStepSource } from './engine/train-graph'
import { evaluationBatch, forward } from './evaluate'
import { objectiveOf, outputsOf } from './objective'
import { createFusedOptimizer } from './optimizers'
import type { NamedArray } from './safetensors'
import type { RunParams } from './settings'
import { LossIsNoNumber, type PlannedStep, type StepFigures, type Stepper } from './stepper'
import type { LayersModel, TensorFlow } from './tf'
import { decayOf, isKernel, lossAndGradients } from './train-step'

type Variable = TensorFlow.Variable

export interface TracedInput {
  model: LayersModel
  params: RunParams
  /** Share of the learning rate at which a weight learns, by its name. */
  rateOf?(weight: string): number
  data: TrainingData
  batches: BatchMaker
  labels: Int32Array | Float32Array
  /** Numbers of samples in the batches to come: the full one first, then the last of an epoch. */
  sizes: number[]
}

/**
 * A call costs the same however much it does, so several steps go into one; the loop takes single ones where that would
 * hold up its look at messages. A large recording, such as an unrolled recurrence, is not multiplied: TensorFlow would take
 * long to prepare it.
 */
const mostStepsPerCall = 8
const mostNodes = 4000

/**
 * Takes steps as a TensorFlow graph, recorded once: one call per step, or several steps per call. The state lives in the
 * graph; the model's own weights are those it was made with. Throws when the network cannot be recorded.
 */
export class TracedStepper implements Stepper {
  readonly how = 'as one graph'
  readonly stepsPerCall: number
  readonly #source: TrainStepSource
  readonly #graph: TrainGraph
  readonly #session: GraphSession
  readonly #entries: StepEntry[] = []
  readonly #predict: PredictEntry

  constructor(private readonly input: TracedInput) {
    const { model, data, sizes } = input
    this.#source = sourceOf(input)
    this.#graph = new TrainGraph(this.#source)
    const add = (size: number, steps: number) => this.#entries.push(this.#graph.addEntry(size, steps))
    for (const size of sizes) add(size, 1)
    this.stepsPerCall = this.#mostSteps(sizes[0]!)
    if (this.stepsPerCall > 1) add(sizes[0]!, this.stepsPerCall)
    this.#predict = this.#graph.addPredict(Math.min(evaluationBatch(data.size), input.labels.length), (inputs) =>
      objectiveOf(input.params).answer(forward(model, inputs)),
    )
    this.#session = new GraphSession(this.#graph.graph)
    const { samples, labels, sampleWeights } = this.#graph.variables
    this.#session.assign([
      ...(samples ? [[samples, data.packed!] as [GraphVariable, TypedValues]] : []),
      [labels, input.labels],
      ...(sampleWeights ? [[sampleWeights, input.batches.sampleWeights!] as [GraphVariable, TypedValues]] : []),
      ...this.#weightValues(readWeights(model)),
      ...this.#slotValues([], 0),
    ])
  }

  #mostSteps(size: number): number {
    return Math.max(1, Math.min(mostStepsPerCall, Math.floor(mostNodes / this.#graph.stepNodes(size))))
  }

  train(steps: PlannedStep[]): StepFigures[] {
    const size = steps[0]!.indices.length
    const entry = this.#entries.find((each) => each.size === size && each.steps === steps.length)
    if (!entry) return steps.flatMap((step) => this.train([step]))
    const figures = this.#call(entry, steps)
    return steps.map((_, k) => ({ loss: figures[2 * k]!, right: figures[2 * k + 1]! }))
  }

  #call(entry: StepEntry, steps: PlannedStep[]): ArrayLike<number> {
    const { size, steps: count } = entry
    const { optimizer } = this.#source
    const indices = new Int32Array(size * count)
    steps.forEach((step, k) => indices.set(step.indices, k * size))
    const scalars = Float32Array.from(
      steps.flatMap(({ learningRate, step }) => [...optimizer.scalars(learningRate, step), learningRate]),
    )
    const feeds: Feed[] = [
      { name: entry.indices, dtype: 'int32', shape: [indices.length], values: indices },
      { name: entry.scalars, dtype: 'float32', shape: [scalars.length], values: scalars },
    ]
    if (entry.inputs) feeds.push(this.#inputs(entry.inputs, steps, indices))
    try {
      return this.#session.run(feeds, [entry.figures])[0]!
    } catch (error) {
      if (!String(error).includes(notANumber)) throw error
      const done = this.#session.read([this.#graph.variables.step])[0]![0]!
      throw new LossIsNoNumber(steps.find(({ step }) => step === done + 1) ?? steps[0]!)
    }
  }

  /** @param indices of all the steps' samples */
  #inputs(name: string, steps: PlannedStep[], indices: Int32Array): Feed {
    const { data, batches } = this.input
    const values = batches.isAugmented
      ? joined(steps.map((own) => batches.read(own.indices, own.step)))
      : data.read(indices)
    return { name, dtype: 'float32', shape: [values.length / data.size, ...data.inputShape], values }
  }

  predict(indices: Int32Array): Float32Array {
    const { name, size, probabilities } = this.#predict
    const rows: Float32Array[] = []
    for (let from = 0; from < indices.length; from += size) {
      const part = indices.subarray(from, from + size)
      const values = new Int32Array(size).fill(part[0]!)
      values.set(part)
      const [read] = this.#session.run([this.#samples(name, values)], [probabilities])
      rows.push((read as Float32Array).subarray(0, (read!.length / size) * part.length))
    }
    return joined(rows)
  }

  /** What a prediction entry is fed: indices, or the samples themselves where the graph has none. */
  #samples(name: string, indices: Int32Array): Feed {
    const { data } = this.input
    if (data.packed) return { name, dtype: 'int32', shape: [indices.length], values: indices }
    return { name, dtype: 'float32', shape: [indices.length, ...data.inputShape], values: data.read(indices) }
  }

  get learning(): string[] {
    return this.input.model.trainableWeights.map(({ originalName }) => originalName)
  }

  weights(): NamedArray[] {
    const { weights } = this.input.model
    const values = this.#session.read(weights.map(({ originalName }) => this.#variableNamed(originalName)))
    return weights.map(({ originalName: name, shape }, i) => ({
      name,
      shape: [...(shape as number[])],
      data: values[i] as Float32Array,
    }))
  }

  setWeights(arrays: NamedArray[]): void {
    writeWeights(this.input.model, arrays) // checks names and shapes
    this.#session.assign(this.#weightValues(arrays))
  }

  slots(): NamedArray[] {
    const { slots } = this.#graph.variables
    const { slotCount } = this.#source.optimizer
    const values = this.#session.read(slots.flat()) as Float32Array[]
    return Array.from({ length: slotCount }, (_, k) => {
      const data = joined(slots.map((_own, i) => values[i * slotCount + k]!))
      return { name: String(k), shape: [data.length], data }
    })
  }

  setSlots(arrays: NamedArray[], stepsDone: number): void {
    this.#session.assign(this.#slotValues(arrays, stepsDone))
  }

  #variableNamed(name: string): GraphVariable {
    const { trainableWeights, nonTrainableWeights } = this.input.model
    const { weights, state } = this.#graph.variables
    const at = trainableWeights.findIndex(({ originalName }) => originalName === name)
    return at >= 0 ? weights[at]! : state[nonTrainableWeights.findIndex(({ originalName }) => originalName === name)]!
  }

  #weightValues(arrays: NamedArray[]): [GraphVariable, TypedValues][] {
    return arrays.map(({ name, data }) => [this.#variableNamed(name), data])
  }

  /** Without arrays all slots are zero. */
  #slotValues(arrays: NamedArray[], stepsDone: number): [GraphVariable, TypedValues][] {
    const { slots, step } = this.#graph.variables
    const values: [GraphVariable, TypedValues][] = [[step, Int32Array.of(stepsDone)]]
    let from = 0
    slots.forEach((own, i) => {
      const { size } = this.#source.weights[i]!
      own.forEach((slot, k) => values.push([slot, arrays[k]?.data.slice(from, from + size) ?? new Float32Array(size)]))
      from += size
    })
    return values
  }

  dispose(): void {
    this.#session.dispose()
  }
}

/** How TensorFlow's CheckNumerics, which the graph puts behind the loss, begins to complain. */
const notANumber = 'The loss is no number'

function joined(parts: Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!
  const all = new Float32Array(parts.reduce((total, { length }) => total + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

function sourceOf({ model, params, rateOf = () => 1, data, batches, labels }: TracedInput): TrainStepSource {
  const weights = model.trainableWeights.map((weight) => weight.read() as Variable)
  const setDropoutStep = seedDropout(model, params.seed)
  fuseBatchNorm(model)
  fuseLayerNorm(model)
  const { oneHot, targets } = batches.tables()
  const { inputShape, size, packed } = data
  const divisor = packed instanceof Uint8Array ? 255 : 1
  return {
    weights,
    state: model.nonTrainableWeights.map((weight) => weight.read() as Variable),
    samples: { values: packed, count: packed ? packed.length / size : 0, shape: inputShape, divisor },
    isFed: batches.isAugmented || packed === null,
    labels,
    oneHot,
    targets: targets ?? oneHot,
    outputs: outputsOf(params, Math.sqrt(oneHot.length)),
    sampleWeights: batches.sampleWeights,
    compute(batch, step) {
      setDropoutStep(step)
      try {
        return lossAndGradients(model, weights, params, targets ? batch : { ...batch, targets: batch.oneHot }, step)
      } finally {
        setDropoutStep(0) // the recorded step is gone by the time that somebody else asks the model
      }
    },
    optimizer: createFusedOptimizer(params),
    rates: model.trainableWeights.map(({ originalName }) => rateOf(originalName)),
    decay: (weight) => (isKernel(weight) ? decayOf(params) : 0),
  }
}
