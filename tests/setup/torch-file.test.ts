import { describe, expect, test } from 'vitest'
import { readTorchFile } from '../../scripts/setup/torch-file.mjs'

interface Read {
  shape: number[]
  data: Float32Array
}
const read = (bytes: Buffer) => readTorchFile(bytes) as Map<string, Read>

const text = (value: string) => {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeInt32LE(bytes.length)
  return Buffer.concat([Buffer.from('X'), length, bytes])
}
const ints = (...values: number[]) =>
  Buffer.concat([Buffer.from('('), ...values.map((value) => Buffer.from([0x4b, value])), Buffer.from('t')])
const pickle = (...parts: (Buffer | string)[]) =>
  Buffer.concat([Buffer.from([0x80, 2]), ...parts.map((part) => Buffer.from(part)), Buffer.from('.')])

const magic = pickle(Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex'))
const head = [magic, pickle(Buffer.from([0x4d, 0xe9, 0x03])), pickle('}')]

/** One tensor 'w', 2 x 3, whose storage has its columns first: the layout that strides of [1, 2] undo. */
function file({ global = 'torch._utils\n_rebuild_tensor_v2\n', cut = 0 } = {}): Buffer {
  const storage = Buffer.concat([
    ...[Buffer.from('('), text('storage'), Buffer.from('ctorch\nFloatStorage\n'), text('7'), text('cpu')],
    Buffer.from([0x4b, 6]),
    Buffer.from('NtQ'),
  ])
  const rebuilt = [Buffer.from('('), storage, Buffer.from([0x4b, 0]), ints(2, 3), ints(1, 2), Buffer.from([0x89])]
  const tensor = Buffer.concat([Buffer.from(`c${global}`), ...rebuilt, Buffer.from('}tR')])
  const state = pickle('ccollections\nOrderedDict\n)R(', text('w'), tensor, 'u')
  const keys = pickle('](', text('7'), 'e')
  const numbers = Buffer.alloc(8 + 24)
  numbers.writeBigInt64LE(6n)
  for (let i = 0; i < 6; i++) numbers.writeFloatLE(i + 1, 8 + 4 * i)
  const whole = Buffer.concat([...head, state, keys, numbers])
  return whole.subarray(0, whole.length - cut)
}

describe('PyTorch files are read without running anything', () => {
  test('tensors in row-major order, wherever their strides have the numbers', () => {
    const { shape, data } = read(file()).get('w')!
    expect(shape).toEqual([2, 3])
    expect([...data]).toEqual([1, 3, 5, 2, 4, 6])
  })

  test('a name that is no part of a table of tensors is refused', () => {
    expect(() => read(file({ global: 'os\nsystem\n' }))).toThrow('os system')
  })

  test('a file that is cut off is refused', () => {
    for (const cut of [4, 40, 80]) expect(() => read(file({ cut })), `${cut} bytes`).toThrow('cannot be read')
  })

  test('something else is refused', () => {
    expect(() => read(pickle(Buffer.from([0x4b, 1])))).toThrow('does not begin')
  })
})
