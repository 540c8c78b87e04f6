import fc from 'fast-check'

/** One way of damaging a file. `at` and `to` are shares of its length. */
export type Mutation =
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'cut'; at: number }
  | { kind: 'remove'; at: number; to: number }
  | { kind: 'repeat'; at: number; to: number; times: number }
  | { kind: 'overwrite'; at: number; bytes: Uint8Array }
  | { kind: 'insert'; at: number; bytes: Uint8Array }

const share = fc.double({ min: 0, max: 1, noNaN: true })
/** Numbers at their limits and marks that formats give meaning to are where readers fail. */
const bytes = fc.oneof(
  fc
    .constantFrom('ffffffff', '7fffffff', '80000000', '00000000', 'ffff', '0000', 'feff', '504b0304', '504b0102')
    .map((hex) => Uint8Array.from(Buffer.from(hex, 'hex'))),
  fc
    .constantFrom('"', "'", ',', '\n', '{', '}', '[', '<', '>', '&#0;', '\\', '../', '1e999', '@data', '\t')
    .map((text) => Uint8Array.from(Buffer.from(text))),
  fc.uint8Array({ minLength: 1, maxLength: 16 }),
)

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: share, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('cut' as const), at: share }),
  fc.record({ kind: fc.constant('remove' as const), at: share, to: share }),
  fc.record({ kind: fc.constant('repeat' as const), at: share, to: share, times: fc.integer({ min: 2, max: 50 }) }),
  fc.record({ kind: fc.constant('overwrite' as const), at: share, bytes }),
  fc.record({ kind: fc.constant('insert' as const), at: share, bytes }),
)

/** The damaged copy of a file. */
export function mutate(original: Buffer, mutations: Mutation[]): Buffer {
  return mutations.reduce(apply, Buffer.from(original))
}

function apply(file: Buffer, mutation: Mutation): Buffer {
  const at = Math.floor(mutation.at * Math.max(0, file.length - 1))
  if (mutation.kind === 'flip') {
    if (file.length > 0) file[at]! ^= 1 << mutation.bit
    return file
  }
  if (mutation.kind === 'cut') return file.subarray(0, at)
  if (mutation.kind === 'overwrite')
    return Buffer.concat([file.subarray(0, at), mutation.bytes, file.subarray(at + mutation.bytes.length)])
  if (mutation.kind === 'insert') return Buffer.concat([file.subarray(0, at), mutation.bytes, file.subarray(at)])
  const other = Math.floor(mutation.to * file.length)
  const [from, to] = at < other ? [at, other] : [other, at]
  if (mutation.kind === 'remove') return Buffer.concat([file.subarray(0, from), file.subarray(to)])
  const piece = file.subarray(from, to)
  return Buffer.concat([
    file.subarray(0, to),
    ...Array.from({ length: mutation.times - 1 }, () => piece),
    file.subarray(to),
  ])
}
