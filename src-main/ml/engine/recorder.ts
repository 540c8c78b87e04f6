import { WorkbenchError } from '@shared/errors'
import { tf, type Tensor } from '../tf'
import { dataTypes, GraphBuilder, type Attribute, type ConstantTensor, type DataType } from './graph-builder'
import { OpWriter, type GraphValue } from './op-writer'

interface OpAttribute {
  name: string
  type: number
  value: never
}

export type TypedValues = Float32Array | Int32Array | Uint8Array

export interface OutputMetadata {
  id: number
  shape: number[]
  dtype: number
}

/** The part of tfjs-node's native binding that computing goes through. */
export interface Binding {
  createTensor(shape: number[], dtype: number, values: ArrayLike<number>): number
  executeOp(op: string, attributes: OpAttribute[], inputs: number[], outputs: number): OutputMetadata[]
  tensorDataSync(id: number): TypedValues
  deleteTensor(id: number): void
  loadSavedModel(folder: string, tags: string): number
  deleteSavedModel(session: number): void
  /** Names are separated by commas. */
  runSavedModel(session: number, inputs: number[], inputNames: string, outputNames: string): OutputMetadata[]
  [name: string]: unknown
}

export interface NativeBackend {
  binding: Binding
  getInputTensorIds(tensors: Tensor[]): number[]
  createOutputTensor(metadata: OutputMetadata): Tensor
}

/** Disposes every tensor made by `work`, as tf.tidy does, whatever `work` returns. */
export function inScope<T>(work: () => T): T {
  tf.engine().startScope()
  try {
    return work()
  } finally {
    tf.engine().endScope()
  }
}

/** The native backend; throws `incompatible` on the JavaScript engine, which has no ops to record. */
export function nativeBackend(): NativeBackend {
  if (tf.getBackend() === 'tensorflow') return tf.backend() as unknown as NativeBackend
  throw new WorkbenchError(
    'incompatible',
    'This needs the native TensorFlow engine; this machine runs the pure-JavaScript one. See `pellucid doctor`.',
  )
}

/**
 * Records what tfjs-node executes as a TensorFlow graph: every op passes through `backend.binding.executeOp` with
 * TensorFlow's own names and attributes. Inputs and weights are declared first; numbers made in JavaScript meanwhile become
 * constants. Code that reads a recorded value throws: its answer would depend on the data.
 */
export class Recorder {
  readonly graph = new GraphBuilder()
  readonly #backend = nativeBackend()
  readonly #writer = new OpWriter(this.graph)
  /** Engine tensor → what it is in the graph. */
  readonly #values = new Map<number, GraphValue>()
  readonly #made = new Map<number, { shape: number[]; dtype: number; values: ArrayLike<number> }>()

  /** `example` stands for whatever is fed under `name`; -1 in `shape` where any length goes. */
  input(name: string, example: Tensor, shape: number[]): void {
    this.#declare(example, this.graph.placeholder(name, example.dtype as DataType, shape))
  }

  /** Freezes a tensor's present value into the graph. */
  freeze(name: string, tensor: Tensor): void {
    const { dtype, shape } = tensor
    const data = tensor.dataSync().slice()
    this.#declare(tensor, this.graph.constant({ dtype: dtype as DataType, shape, data }, name))
  }

  /** The graph's name for what a recorded tensor holds. */
  nameOf(tensor: Tensor): string {
    return this.#valueOf(this.#idOf(tensor)).name
  }

  #declare(tensor: Tensor, name: string): void {
    this.#values.set(this.#idOf(tensor), { name, shape: tensor.shape })
  }

  /** Runs `compute` and records it. Returns what it returns. */
  record<T>(compute: () => T): T {
    const { binding } = this.#backend
    this.#backend.binding = this.#forwarding(binding)
    try {
      return compute()
    } finally {
      this.#backend.binding = binding
    }
  }

  /** Gives a recorded tensor a name of its own in the graph. */
  output(name: string, tensor: Tensor): string {
    return `${this.graph.identity(this.nameOf(tensor), tensor.dtype as DataType, name)}:0`
  }

  /** The binding's own methods cannot be replaced, but the object that the backend calls can. */
  #forwarding(real: Binding): Binding {
    const forwarding: Record<string, unknown> = {}
    for (const key of new Set([...Object.getOwnPropertyNames(real), ...Object.keys(real)])) forwarding[key] = real[key]
    return Object.assign(forwarding, {
      executeOp: (op: string, attributes: OpAttribute[], inputs: number[], count: number) => {
        const outputs = real.executeOp(op, attributes, inputs, count)
        this.#addOp(real, op, attributes, inputs, outputs)
        return outputs
      },
      createTensor: (shape: number[], dtype: number, values: ArrayLike<number>) => {
        const id = real.createTensor(shape, dtype, values)
        this.#made.set(id, { shape: [...shape], dtype, values: ArrayBuffer.isView(values) ? copy(values) : values })
        return id
      },
      tensorDataSync: (id: number) => {
        if (!this.#values.has(id)) return real.tensorDataSync(id)
        throw new WorkbenchError(
          'incompatible',
          'This network reads its own values while it computes: no graph can hold that.',
        )
      },
    }) as Binding
  }

  #addOp(real: Binding, op: string, attributes: OpAttribute[], inputs: number[], outputs: OutputMetadata[]): void {
    if (drawing.test(op))
      throw new WorkbenchError('incompatible', `This network draws random numbers with ${op}, which no seed repeats.`)
    const named = attributes.map(({ name, type, value }): [string, Attribute] => [
      name,
      { kind: kindOf(real, type), value },
    ])
    const values = this.#writer.write(
      op,
      Object.fromEntries(named),
      inputs.map((id) => this.#valueOf(id)),
      outputs.map(({ shape }) => shape),
    )
    outputs.forEach(({ id }, i) => this.#values.set(id, values[i]!))
  }

  #valueOf(id: number): GraphValue {
    const known = this.#values.get(id)
    if (known) return known
    const made = this.#made.get(id)
    if (!made)
      throw new WorkbenchError('incompatible', 'The recorded network uses a tensor that was made before it began.')
    const { shape, values } = made
    const dtype = (Object.keys(dataTypes) as DataType[]).find((name) => dataTypes[name] === made.dtype)!
    const value = {
      name: this.graph.constant({ dtype, shape, data: typed(dtype, values) }),
      shape,
      constant: values,
    }
    this.#values.set(id, value)
    return value
  }

  #idOf(tensor: Tensor): number {
    return this.#backend.getInputTensorIds([tensor])[0]!
  }
}

/** Ops that draw from a state of their own: two runs with one seed would differ. */
const drawing = /^(Random|Multinomial|StatefulUniform|StatefulStandardNormal|TruncatedNormal|ParameterizedTruncated)/

const copy = (values: ArrayBufferView & ArrayLike<number>) => Array.from(values)

function typed(dtype: DataType, values: ArrayLike<number>): ConstantTensor['data'] {
  if (dtype === 'float32') return Float32Array.from(values)
  if (dtype === 'int32') return Int32Array.from(values)
  if (dtype === 'bool') return Uint8Array.from(values)
  throw new WorkbenchError('incompatible', `Constants of type ${dtype} cannot be recorded.`)
}

function kindOf(binding: Binding, type: number): 'type' | 'int' | 'float' | 'bool' | 'string' | 'shape' {
  const kinds = {
    TF_ATTR_TYPE: 'type',
    TF_ATTR_INT: 'int',
    TF_ATTR_FLOAT: 'float',
    TF_ATTR_BOOL: 'bool',
    TF_ATTR_STRING: 'string',
    TF_ATTR_SHAPE: 'shape',
  } as const
  const found = Object.entries(kinds).find(([name]) => binding[name] === type)
  if (found) return found[1]
  throw new WorkbenchError('incompatible', `An op has an attribute of an unknown type (${type}).`)
}
