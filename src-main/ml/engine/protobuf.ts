/**
 * The few lines of protocol buffers that writing a TensorFlow graph takes (encoding: protobuf.dev/programming-guides/encoding).
 * A message is the concatenation of its fields; field numbers come from TensorFlow's .proto files.
 */
export type Bytes = Buffer

function varint(value: number | bigint): Bytes {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  do {
    const low = Number(rest & 127n)
    rest >>= 7n
    bytes.push(rest > 0n ? low | 128 : low)
  } while (rest > 0n)
  return Buffer.from(bytes)
}

const tag = (field: number, wireType: number) => varint((field << 3) | wireType)

export const message = (...fields: Bytes[]): Bytes => Buffer.concat(fields)
export const intField = (field: number, value: number | bigint): Bytes => message(tag(field, 0), varint(value))

export function bytesField(field: number, value: Uint8Array | string): Bytes {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  return Buffer.concat([tag(field, 2), varint(bytes.length), bytes])
}

export function floatField(field: number, value: number): Bytes {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return message(tag(field, 5), bytes)
}

export const packedInts = (field: number, values: readonly number[]): Bytes =>
  bytesField(field, Buffer.concat(values.map(varint)))

export function packedFloats(field: number, values: readonly number[]): Bytes {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, i) => bytes.writeFloatLE(value, 4 * i))
  return bytesField(field, bytes)
}

/** One entry of a map<string, message>. */
export const mapEntry = (field: number, key: string, value: Bytes): Bytes =>
  bytesField(field, message(bytesField(1, key), bytesField(2, value)))
