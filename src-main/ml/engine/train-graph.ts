import type { Tensor, TensorFlow } from '../tf'
import { tf } from '../tf'
import { decayWeight, type FusedOptimizer } from './fused-optimizers'
import { after, GraphBuilder, intAttribute, typeAttribute } from './graph-builder'
import { GraphVariables, type GraphVariable } from './graph-variables'
import { inScope, Recorder } from './recorder'
import { insertRecording, recordingOf, requireSame, type Recording } from './recording'

type Variable = TensorFlow.Variable

/** Samples in packed memory, [count, ...shape]; a batch is gathered inside the graph. Null: each call brings its own. */
export interface PackedSamples {
  values: Float32Array | Uint8Array | null
  count: number
  shape: number[]
  /** Bytes are divided by this; 1 leaves the numbers as they are. */
  divisor: number
}

/** What a batch is made of, as tensors in the recorded computation. */
export type BatchTensors = Record<'inputs' | 'labels' | 'oneHot' | 'targets', Tensor>

/** Everything that a training step is. `compute` is plain tfjs code and never knows that it is recorded. */
export interface TrainStepSource {
  weights: Variable[]
  /** Variables that the forward pass itself moves on (averages of batch normalisation). */
  state: Variable[]
  samples: PackedSamples
  /** True: training inputs come with each call: they are changed in JavaScript (augmentation), or read from a file. */
  isFed: boolean
  /** Class of each sample of `samples`, or as floats the number to be predicted; any number where there is none. */
  labels: Int32Array | Float32Array
  /** Row per class: what the loss is measured against, and what it is trained on. Of numbers there are none. */
  oneHot: Float32Array
  targets: Float32Array
  /** Length of what the network gives out: classes, or 1. */
  outputs: number
  /** Weight of each sample's mistakes; null: all count the same. */
  sampleWeights: Float32Array | null
  compute(batch: BatchTensors, step: Tensor): { loss: Tensor; figures: Tensor; gradients: Tensor[] }
  optimizer: FusedOptimizer
  /** Share of the learning rate at which each weight learns. */
  rates: number[]
  /** Share of each weight that is taken off it per unit of learning rate; 0 for none. */
  decay(weight: Variable): number
}

/** Names of a compiled step in the graph. */
export interface StepEntry {
  /** Feeds: int32 [steps * size], float32 [steps * scalarCount] and, where inputs are fed, [steps * size, ...shape]. */
  indices: string
  scalars: string
  inputs: string | null
  /** Fetch: float32 [steps, 2], loss sum and what the objective calls right of each step. */
  figures: string
  size: number
  steps: number
}

export interface PredictEntry {
  /** Feed: int32 [size], or where samples are no part of the graph float32 [size, ...shape]. */
  name: string
  /** Fetch: float32 [size, classes]. */
  probabilities: string
  size: number
}

export interface TrainVariables {
  weights: GraphVariable[]
  state: GraphVariable[]
  /** By weight, then by slot. */
  slots: GraphVariable[][]
  /** Steps done. */
  step: GraphVariable
  samples: GraphVariable | null
  labels: GraphVariable
  /** [samples, 1], where they are weighted. */
  sampleWeights: GraphVariable | null
}

const typeOf = (values: Float32Array | Uint8Array) => (values instanceof Uint8Array ? 'uint8' : 'float32')
const float = typeAttribute('float32')
const int = typeAttribute('int32')

/** Writes training steps into one graph: every entry works on the same variables. */
export class TrainGraph {
  readonly graph = new GraphBuilder()
  readonly variables: TrainVariables
  readonly #declared = new GraphVariables(this.graph)
  readonly #axis = this.graph.scalar(0, 'int32')
  readonly #recordings = new Map<number, { recording: Recording; outputs: StepOutputs }>()
  /** Rows by class; none where a number is predicted. */
  readonly #tables: { oneHot: string; targets: string } | null

  constructor(private readonly source: TrainStepSource) {
    const { weights, state, samples, labels, optimizer } = source
    const declare = (
      name: string,
      shape: readonly number[],
      dtype: GraphVariable['dtype'] = 'float32',
      shared = false,
    ) => this.#declared.declare({ name, dtype, shape }, shared)
    this.variables = {
      weights: weights.map(({ shape }, i) => declare(`weight-${i}`, shape)),
      state: state.map(({ shape }, i) => declare(`state-${i}`, shape)),
      slots: weights.map(({ shape }, i) =>
        Array.from({ length: optimizer.slotCount }, (_, k) => declare(`slot-${i}-${k}`, shape)),
      ),
      step: declare('step', [], 'int32'),
      samples: samples.values && declare('samples', [samples.count, ...samples.shape], typeOf(samples.values), true),
      labels:
        labels instanceof Int32Array
          ? declare('labels', [labels.length], 'int32', true)
          : declare('labels', [labels.length, 1], 'float32', true),
      sampleWeights: source.sampleWeights && declare('sample-weights', [labels.length, 1], 'float32', true),
    }
    const table = (data: Float32Array) =>
      this.graph.constant({ dtype: 'float32', shape: [Math.sqrt(data.length), Math.sqrt(data.length)], data })
    const isClass = labels instanceof Int32Array
    this.#tables = isClass ? { oneHot: table(source.oneHot), targets: table(source.targets) } : null
  }

  /** Adds `steps` consecutive steps on batches of `size` samples, done by one call. */
  addEntry(size: number, steps: number): StepEntry {
    const { graph, source } = this
    const name = `train-${size}x${steps}`
    const { scalarCount } = source.optimizer
    const indices = graph.placeholder(`${name}/indices`, 'int32', [steps * size])
    const scalars = graph.placeholder(`${name}/scalars`, 'float32', [steps * (scalarCount + 1)])
    const inputs = source.isFed
      ? graph.placeholder(`${name}/inputs`, 'float32', [steps * size, ...source.samples.shape])
      : null
    const split = (values: string, type: typeof int) =>
      graph.add('Split', [this.#axis, values], { T: type, num_split: intAttribute(steps) })
    const rows = split(indices, int)
    const batches = inputs && split(inputs, float)
    const numbers = graph.add(
      'Unpack',
      [scalars],
      { T: float, num: intAttribute(steps * (scalarCount + 1)), axis: intAttribute(0) },
      `${name}/unpack`,
    )
    const part = (node: string, i: number) => (i > 0 ? `${node}:${i}` : node)
    const figures: string[] = []
    let previous: string | null = null
    for (let k = 0; k < steps; k++) {
      const own = Array.from({ length: scalarCount + 1 }, (_, i) => part(numbers, k * (scalarCount + 1) + i))
      const done = this.#addStep(`${name}/${k}`, {
        size,
        indices: part(rows, k),
        scalars: own,
        inputs: batches && part(batches, k),
        previous,
      })
      figures.push(done.figures)
      previous = done.done
    }
    const packed = graph.add('Pack', figures, { T: float, N: intAttribute(steps), axis: intAttribute(0) })
    graph.add('Identity', [packed, previous!], { T: float }, `${name}/figures`)
    const entry = { indices, scalars, inputs, figures: `${name}/figures`, size, steps }
    return entry
  }

  /** How many ops the recording of a step on `size` samples has. */
  stepNodes(size: number): number {
    return this.#recordingFor(size).recording.nodes.length
  }

  /** Adds a computation on `size` samples by their index, such as a prediction, with the weights as they are. */
  addPredict(size: number, compute: (inputs: Tensor) => Tensor): PredictEntry {
    const { graph, variables } = this
    const name = `predict-${size}`
    const { values: packed, shape } = this.source.samples
    const fed = packed
      ? graph.placeholder(`${name}/indices`, 'int32', [size])
      : graph.placeholder(`${name}/inputs`, 'float32', [size, ...shape])
    const record = () => recordPrediction(this.source, size, compute)
    const { recording, output } = record()
    requireSame(recording, record().recording)
    const read = ({ name: own }: GraphVariable) => `${own}/read`
    const values = { ...named('weight', variables.weights.map(read)), ...named('state', variables.state.map(read)) }
    const inGraph = insertRecording(graph, recording, name, { ...values, inputs: packed ? this.#samplesAt(fed) : fed })
    return { name: fed, size, probabilities: graph.identity(inGraph(output), 'float32', `${name}/output`) }
  }

  #addStep(
    name: string,
    at: { size: number; indices: string; scalars: string[]; inputs: string | null; previous: string | null },
  ): { figures: string; done: string } {
    const { graph, variables } = this
    const wait = at.previous ? [at.previous] : []
    const read = (variable: GraphVariable) =>
      graph.add('ReadVariableOp', [variable.name, ...wait], { dtype: typeAttribute(variable.dtype) })
    const step = graph.add('AddV2', [read(variables.step), graph.scalar(1, 'int32')], { T: int })
    const weights = variables.weights.map(read)
    const state = variables.state.map(read)
    const { recording, outputs } = this.#recordingFor(at.size)
    const bindings = { ...this.#batch(at), step, ...named('weight', weights), ...named('state', state) }
    const inGraph = insertRecording(graph, recording, name, bindings)

    const message = { message: { kind: 'string', value: 'The loss is no number' } as const, T: float }
    const check = after(graph.add('CheckNumerics', [inGraph(outputs.loss)], message))
    const gradients = outputs.gradients.map(inGraph)
    const gate = graph.barrier([check, after(step), ...[...weights, ...state, ...gradients].map(after)])
    const updates = gradients.flatMap((gradient, i) => this.#update(i, weights[i]!, gradient, at.scalars, gate, wait))
    outputs.state.forEach((value, i) => {
      if (value === null) return
      const inputs = [variables.state[i]!.name, inGraph(value), gate]
      updates.push(after(graph.add('AssignVariableOp', inputs, { dtype: float })))
    })
    updates.push(after(graph.add('AssignVariableOp', [variables.step.name, step, gate], { dtype: int })))
    return { figures: inGraph(outputs.figures), done: graph.barrier(updates) }
  }

  #update(i: number, weightValue: string, gradient: string, scalars: string[], gate: string, wait: string[]): string[] {
    const { graph, variables, source } = this
    const { optimizer } = source
    const rate = source.rates[i]!
    const slower = (scalar: string) =>
      rate === 1 ? scalar : graph.add('Mul', [scalar, graph.scalar(rate)], { T: float })
    const slots = variables.slots[i]!
    const site = {
      graph,
      weight: variables.weights[i]!.name,
      slots: slots.map(({ name }) => name),
      slotValues: slots.map(({ name }) => graph.add('ReadVariableOp', [name, ...wait], { dtype: float })),
      gradient,
      scalars: [slower(scalars[0]!), ...scalars.slice(1, -1), slower(scalars.at(-1)!)],
      gate,
    }
    const decay = source.decay(source.weights[i]!)
    if (decay === 0) return optimizer.apply(site)
    const share = graph.add('Mul', [site.scalars.at(-1)!, graph.scalar(decay)], { T: float })
    const decayed = decayWeight({ ...site, weightValue, share })
    return optimizer.apply({ ...site, gate: decayed })
  }

  /** Gathers a batch by its indices. */
  #batch({ indices, inputs }: { indices: string; inputs: string | null }): Record<keyof BatchTensors, string> {
    const { graph, variables } = this
    const labels = this.#gather(variables.labels, indices)
    const read = inputs ?? this.#samplesAt(indices)
    if (!this.#tables) return { inputs: read, labels, oneHot: labels, targets: labels }
    const look = (table: string) =>
      graph.add('GatherV2', [table, labels, this.#axis], { Tparams: float, Tindices: int, Taxis: int })
    const targets = look(this.#tables.targets)
    const own = variables.sampleWeights
    const weighted = own ? graph.add('Mul', [targets, this.#gather(own, indices)], { T: float }) : targets
    return { inputs: read, labels, oneHot: look(this.#tables.oneHot), targets: weighted }
  }

  #gather(variable: GraphVariable, indices: string): string {
    return this.graph.add('ResourceGather', [variable.name, indices], {
      dtype: typeAttribute(variable.dtype),
      Tindices: int,
      validate_indices: { kind: 'bool', value: true },
      batch_dims: intAttribute(0),
    })
  }

  /** [size, ...shape] as the network takes them. */
  #samplesAt(indices: string): string {
    const { graph, variables } = this
    const { values, divisor } = this.source.samples
    const gathered = this.#gather(variables.samples!, indices)
    const numbers =
      values instanceof Uint8Array
        ? graph.add('Cast', [gathered], { SrcT: typeAttribute('uint8'), DstT: float })
        : gathered
    return divisor === 1 ? numbers : graph.add('RealDiv', [numbers, graph.scalar(divisor)], { T: float })
  }

  #recordingFor(size: number) {
    const known = this.#recordings.get(size)
    if (known) return known
    const first = recordStep(this.source, size)
    requireSame(first.recording, recordStep(this.source, size).recording)
    this.#recordings.set(size, first)
    return first
  }
}

interface StepOutputs {
  loss: string
  figures: string
  gradients: string[]
  /** null where the step leaves the variable alone. */
  state: (string | null)[]
}

const named = (prefix: string, names: string[]) => Object.fromEntries(names.map((name, i) => [`${prefix}-${i}`, name]))

/** Runs one step on made-up samples while recording it; the model is left as it was. */
function recordStep(source: TrainStepSource, size: number): { recording: Recording; outputs: StepOutputs } {
  const { weights, state, samples, labels, outputs: width } = source
  const recorder = new Recorder()
  const before = state.map((variable) => variable.clone())
  try {
    const outputs = inScope((): StepOutputs => {
      const isClass = labels instanceof Int32Array
      const rows = isClass ? tf.oneHot(tf.zeros([size], 'int32'), width).toFloat() : tf.ones([size, width])
      const batch: BatchTensors = {
        inputs: tf.ones([size, ...samples.shape]),
        labels: isClass ? tf.zeros([size], 'int32') : tf.mul(rows, 1),
        oneHot: rows,
        targets: tf.mul(rows, 1),
      }
      const step = tf.scalar(1, 'int32')
      for (const [name, tensor] of Object.entries({ ...batch, step })) recorder.input(name, tensor, tensor.shape)
      weights.forEach((variable, i) => recorder.input(`weight-${i}`, variable, variable.shape))
      state.forEach((variable, i) => recorder.input(`state-${i}`, variable, variable.shape))
      const { loss, figures, gradients } = recorder.record(() => source.compute(batch, step))
      return {
        loss: recorder.nameOf(loss),
        figures: recorder.nameOf(figures),
        gradients: gradients.map((gradient) => recorder.nameOf(gradient)),
        state: state.map((variable, i) => {
          const name = recorder.nameOf(variable)
          return name === `state-${i}` ? null : name
        }),
      }
    })
    const { loss, figures, gradients, state: moved } = outputs
    const wanted = [loss, figures, ...gradients, ...moved.filter((name) => name !== null)]
    return { recording: recordingOf(recorder.graph, wanted), outputs }
  } finally {
    state.forEach((variable, i) => variable.assign(before[i]!))
    before.forEach((tensor) => tensor.dispose())
  }
}

function recordPrediction({ weights, state, samples }: TrainStepSource, size: number, compute: (x: Tensor) => Tensor) {
  const recorder = new Recorder()
  const output = inScope(() => {
    const inputs = tf.ones([size, ...samples.shape])
    recorder.input('inputs', inputs, inputs.shape)
    weights.forEach((variable, i) => recorder.input(`weight-${i}`, variable, variable.shape))
    state.forEach((variable, i) => recorder.input(`state-${i}`, variable, variable.shape))
    return recorder.nameOf(recorder.record(() => compute(inputs)))
  })
  return { recording: recordingOf(recorder.graph, [output]), output }
}
