import { bytesField, floatField, intField, mapEntry, message, packedFloats, packedInts, type Bytes } from './protobuf'

/** TensorFlow's DataType numbers (tensorflow/core/framework/types.proto). */
export const dataTypes = { float32: 1, int32: 3, uint8: 4, string: 7, int64: 9, bool: 10, resource: 20 } as const
export type DataType = keyof typeof dataTypes

/** An op's attribute as the engine's binding takes it: which kind of value, and the value. */
export type Attribute =
  | { kind: 'type'; value: number | number[] }
  | { kind: 'int'; value: number | number[] }
  | { kind: 'float'; value: number | number[] }
  | { kind: 'bool'; value: boolean | boolean[] }
  | { kind: 'string'; value: string | string[] }
  | { kind: 'shape'; value: number[] }
  | { kind: 'tensor'; value: ConstantTensor }

/** `data` is little-endian and row-major, as typed arrays hold it. */
export interface ConstantTensor {
  dtype: DataType
  shape: readonly number[]
  data: Float32Array | Int32Array | Uint8Array
}

export interface GraphNode {
  name: string
  op: string
  /** Names of the nodes it reads: 'node', or 'node:1' for a further output; '^node' waits only. */
  inputs: string[]
  attributes: Record<string, Attribute>
}

export interface SignatureTensor {
  /** 'node:0' */
  tensor: string
  dtype: DataType
  /** -1 where any length goes. */
  shape: number[]
}

/** Attributes in the few kinds that our own nodes need; recorded ones come as the binding gives them. */
export const typeAttribute = (dtype: DataType): Attribute => ({ kind: 'type', value: dataTypes[dtype] })
export const intAttribute = (value: number): Attribute => ({ kind: 'int', value })
export const textAttribute = (value: string): Attribute => ({ kind: 'string', value })

/** Name of the node that a tensor ('node' or 'node:1') comes from, as something to wait for. */
export const after = (tensor: string): string => `^${tensor.replace(/:\d+$/, '')}`

/** Collects the nodes of a TensorFlow graph and writes them as a SavedModel, without TensorFlow's own libraries. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = []

  /** Adds a node and returns its name. */
  add(op: string, inputs: string[], attributes: GraphNode['attributes'], name = `${op}_${this.nodes.length}`): string {
    this.nodes.push({ name, op, inputs, attributes })
    return name
  }

  placeholder(name: string, dtype: DataType, shape: number[]): string {
    const attributes: GraphNode['attributes'] = {
      dtype: { kind: 'type', value: dataTypes[dtype] },
      shape: { kind: 'shape', value: shape },
    }
    return this.add('Placeholder', [], attributes, name)
  }

  constant(value: ConstantTensor, name?: string): string {
    const attributes: GraphNode['attributes'] = {
      dtype: { kind: 'type', value: dataTypes[value.dtype] },
      value: { kind: 'tensor', value },
    }
    return this.add('Const', [], attributes, name)
  }

  scalar(value: number, dtype: 'float32' | 'int32' = 'float32'): string {
    return this.constant({ dtype, shape: [], data: dtype === 'int32' ? Int32Array.of(value) : Float32Array.of(value) })
  }

  /** Done once all of `nodes` ('^node') are. */
  barrier(nodes: string[], name?: string): string {
    return after(this.add('NoOp', nodes, {}, name))
  }

  identity(input: string, dtype: DataType, name: string): string {
    return this.add('Identity', [input], { T: { kind: 'type', value: dataTypes[dtype] } }, name)
  }

  /** `saved_model.pb`: SavedModel > MetaGraphDef tagged 'serve' > GraphDef and one signature. */
  toSavedModel(
    inputs: Record<string, SignatureTensor>,
    outputs: Record<string, SignatureTensor>,
    signature = 'serving_default',
  ): Bytes {
    const producer = 1087 // GraphDef version of TensorFlow 2.9, the oldest that tfjs-node names
    const graph = message(
      ...this.nodes.map((node) => bytesField(1, nodeMessage(node))),
      bytesField(4, intField(1, producer)),
    )
    const signatureDef = message(
      ...Object.entries(inputs).map(([name, tensor]) => mapEntry(1, name, tensorInfo(tensor))),
      ...Object.entries(outputs).map(([name, tensor]) => mapEntry(2, name, tensorInfo(tensor))),
      bytesField(3, 'tensorflow/serving/predict'),
    )
    const metaInfo = message(bytesField(4, 'serve'), bytesField(5, '2.9.0'))
    const metaGraph = message(bytesField(1, metaInfo), bytesField(2, graph), mapEntry(5, signature, signatureDef))
    return message(intField(1, 1), bytesField(2, metaGraph))
  }
}

const shapeMessage = (shape: readonly number[]): Bytes =>
  message(...shape.map((length) => bytesField(2, intField(1, length))))

const tensorInfo = ({ tensor, dtype, shape }: SignatureTensor): Bytes =>
  message(bytesField(1, tensor), intField(2, dataTypes[dtype]), bytesField(3, shapeMessage(shape)))

function nodeMessage({ name, op, inputs, attributes }: GraphNode): Bytes {
  return message(
    bytesField(1, name),
    bytesField(2, op),
    ...inputs.map((input) => bytesField(3, input)),
    ...Object.entries(attributes).map(([key, attribute]) => mapEntry(5, key, attributeMessage(attribute))),
  )
}

/** AttrValue (tensorflow/core/framework/attr_value.proto); a list is its field 1. */
function attributeMessage(attribute: Attribute): Bytes {
  switch (attribute.kind) {
    case 'string':
      return oneOrList(
        attribute.value,
        (v) => bytesField(2, v),
        (all) => message(...all.map((v) => bytesField(2, v))),
      )
    case 'int':
      return oneOrList(
        attribute.value,
        (v) => intField(3, v),
        (all) => packedInts(3, all),
      )
    case 'float':
      return oneOrList(
        attribute.value,
        (v) => floatField(4, v),
        (all) => packedFloats(4, all),
      )
    case 'bool':
      return oneOrList(
        attribute.value,
        (v) => intField(5, Number(v)),
        (all) => packedInts(5, all.map(Number)),
      )
    case 'type':
      return oneOrList(
        attribute.value,
        (v) => intField(6, v),
        (all) => packedInts(6, all),
      )
    case 'shape':
      return bytesField(7, shapeMessage(attribute.value))
    case 'tensor':
      return bytesField(8, tensorMessage(attribute.value))
  }
}

/** TensorProto (tensorflow/core/framework/tensor.proto). */
function tensorMessage({ dtype, shape, data }: ConstantTensor): Bytes {
  const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return message(intField(1, dataTypes[dtype]), bytesField(2, shapeMessage(shape)), bytesField(4, raw))
}

function oneOrList<T>(value: T | T[], one: (value: T) => Bytes, list: (values: T[]) => Bytes): Bytes {
  return Array.isArray(value) ? bytesField(1, list(value)) : one(value)
}
