import { bytesField, floatField, intField, message, packedInts, type Bytes } from '../engine/protobuf'

/** Field and type numbers are those of onnx.proto (github.com/onnx/onnx, opset 17, IR version 8). */
const irVersion = 8
const opset = 17
const elementTypes = { float32: 1, int64: 7 } as const
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const

export type OnnxAttribute =
  | { kind: 'float'; value: number }
  | { kind: 'int'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'ints'; value: number[] }

export const float = (value: number): OnnxAttribute => ({ kind: 'float', value })
export const int = (value: number): OnnxAttribute => ({ kind: 'int', value })
export const ints = (value: number[]): OnnxAttribute => ({ kind: 'ints', value })
export const string = (value: string): OnnxAttribute => ({ kind: 'string', value })

/** Collects the nodes of an ONNX graph and writes the model, without ONNX' own libraries. Values have names. */
export class OnnxWriter {
  private readonly nodes: Bytes[] = []
  private readonly initializers: Bytes[] = []
  private readonly inputs: Bytes[] = []
  private readonly outputs: Bytes[] = []
  private count = 0

  /** Adds a node of one output; returns the output's name. */
  add(op: string, inputs: string[], attributes: Record<string, OnnxAttribute> = {}, output = this.unique(op)): string {
    this.addMany(op, inputs, attributes, [output])
    return output
  }

  /** Adds a node of several outputs, named as given; an empty name leaves an input or output out. */
  addMany(op: string, inputs: string[], attributes: Record<string, OnnxAttribute>, outputs: string[]): void {
    this.nodes.push(
      message(
        ...inputs.map((name) => bytesField(1, name)),
        ...outputs.map((name) => bytesField(2, name)),
        bytesField(3, `node_${outputs.filter(Boolean).join('_')}`),
        bytesField(4, op),
        ...Object.entries(attributes).map(([name, attribute]) => bytesField(5, attributeMessage(name, attribute))),
      ),
    )
  }

  /** float32 values in row-major order. */
  floats(shape: readonly number[], data: Float32Array, name = this.unique('weight')): string {
    const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    return this.initializer(name, 'float32', shape, raw)
  }

  scalar(value: number): string {
    return this.floats([], Float32Array.of(value))
  }

  /** int64 values, as shapes, axes and pads are given. */
  integers(values: readonly number[]): string {
    const raw = Buffer.from(BigInt64Array.from(values.map(BigInt)).buffer)
    return this.initializer(this.unique('shape'), 'int64', [values.length], raw)
  }

  /** `shape` without the batch axis, which takes any length. */
  input(name: string, shape: readonly number[]): string {
    this.inputs.push(valueInfo(name, shape))
    return name
  }

  output(name: string, shape: readonly number[]): void {
    this.outputs.push(valueInfo(name, shape))
  }

  toModel(graphName: string): Bytes {
    const graph = message(
      ...this.nodes.map((node) => bytesField(1, node)),
      bytesField(2, graphName),
      ...this.initializers.map((tensor) => bytesField(5, tensor)),
      ...this.inputs.map((info) => bytesField(11, info)),
      ...this.outputs.map((info) => bytesField(12, info)),
    )
    const opsets = message(bytesField(1, ''), intField(2, opset))
    return message(intField(1, irVersion), bytesField(2, 'Pellucid'), bytesField(7, graph), bytesField(8, opsets))
  }

  unique(stem: string): string {
    return `${stem}_${this.count++}`
  }

  private initializer(name: string, type: keyof typeof elementTypes, shape: readonly number[], raw: Buffer): string {
    const dims = shape.map((length) => intField(1, length))
    this.initializers.push(message(...dims, intField(2, elementTypes[type]), bytesField(8, name), bytesField(9, raw)))
    return name
  }
}

function attributeMessage(name: string, { kind, value }: OnnxAttribute): Bytes {
  const field = {
    float: () => floatField(2, value as number),
    int: () => intField(3, value as number),
    string: () => bytesField(4, value as string),
    ints: () => packedInts(8, value as number[]),
  }[kind]()
  return message(bytesField(1, name), field, intField(20, attributeTypes[kind]))
}

function valueInfo(name: string, shape: readonly number[]): Bytes {
  const batch = bytesField(1, bytesField(2, 'batch'))
  const dims = shape.map((length) => bytesField(1, intField(1, length)))
  const tensor = message(intField(1, elementTypes.float32), bytesField(2, message(batch, ...dims)))
  return message(bytesField(1, name), bytesField(2, bytesField(1, tensor)))
}
