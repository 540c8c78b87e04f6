import { tf, type Tensor } from '../tf'

type Value = number | boolean
interface OpAttribute {
  name: string
  type: number
  value: Value
}

interface Binding extends Record<string, unknown> {
  executeOp(op: string, attributes: OpAttribute[], inputs: number[], outputs: number): { id: number }[]
  deleteTensor(id: number): void
}

interface NativeBackend {
  binding: Binding
  getInputTensorIds(tensors: Tensor[]): number[]
  createOutputTensor(metadata: { id: number }): Tensor
}

/** Attributes by the kind that TensorFlow's op definition gives them. */
export interface OpAttributes {
  types?: Record<string, 'float32' | 'int32' | 'int64'>
  numbers?: Record<string, number>
  flags?: Record<string, boolean>
}

export const isNative = (): boolean => tf.getBackend() === 'tensorflow'

/**
 * Runs an op of TensorFlow by its name, one that tfjs knows nothing of. It has no gradient: wrap it in `tf.customGrad`. A
 * plain number among the inputs becomes an int64 scalar, a type that tfjs has no tensors of.
 */
export function nativeOp(op: string, attributes: OpAttributes, inputs: (Tensor | number)[], outputs: number): Tensor[] {
  const backend = tf.backend() as unknown as NativeBackend
  const { binding } = backend
  const made: number[] = []
  const ids = inputs.map((input) => {
    if (typeof input !== 'number') return backend.getInputTensorIds([input])[0]!
    const id = int64Scalar(backend, input)
    made.push(id)
    return id
  })
  const results = binding.executeOp(op, attributeList(binding, attributes), ids, outputs)
  made.forEach((id) => binding.deleteTensor(id))
  return results.map((metadata) => backend.createOutputTensor(metadata))
}

/** By way of a cast, so that a recorder meets constants of ordinary types only. */
function int64Scalar(backend: NativeBackend, value: number): number {
  const small = tf.scalar(value, 'int32')
  const attributes = attributeList(backend.binding, { types: { SrcT: 'int32', DstT: 'int64' } })
  const [wide] = backend.binding.executeOp('Cast', attributes, backend.getInputTensorIds([small]), 1)
  small.dispose()
  return wide!.id
}

function attributeList(binding: Binding, { types = {}, numbers = {}, flags = {} }: OpAttributes): OpAttribute[] {
  const constant = (name: string) => binding[name] as number
  const typeOf = { float32: 'TF_FLOAT', int32: 'TF_INT32', int64: 'TF_INT64' }
  return [
    ...Object.entries(types).map(([name, type]) => ({
      name,
      type: constant('TF_ATTR_TYPE'),
      value: constant(typeOf[type]),
    })),
    ...Object.entries(numbers).map(([name, value]) => ({ name, type: constant('TF_ATTR_FLOAT'), value })),
    ...Object.entries(flags).map(([name, value]) => ({ name, type: constant('TF_ATTR_BOOL'), value })),
  ]
}
