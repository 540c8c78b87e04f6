import { z } from 'zod'

/** The one wire form of arrays: row-major `data` of length product(shape). */
export const TensorData = z.object({
  dtype: z.enum(['float32', 'int32', 'uint8', 'bool']),
  shape: z.array(z.number().int().nonnegative()),
  data: z.array(z.number()),
})
export type TensorData = z.infer<typeof TensorData>

export function tensorData(shape: readonly number[], data: ArrayLike<number>, dtype: TensorData['dtype'] = 'float32') {
  const size = shape.reduce((product, length) => product * length, 1)
  if (size !== data.length) throw new Error(`Shape [${shape.join(', ')}] wants ${size} values, got ${data.length}.`)
  return { dtype, shape: [...shape], data: Array.from(data) } satisfies TensorData
}
