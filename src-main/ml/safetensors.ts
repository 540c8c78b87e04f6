import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { WorkbenchError } from '@shared/errors'

/** A float32 array by name, as the file holds it. */
export interface NamedArray {
  name: string
  shape: number[]
  data: Float32Array
}

interface Entry {
  dtype: 'F32'
  shape: number[]
  data_offsets: [number, number]
}
type Header = Record<string, Entry | Record<string, string>>

/**
 * Arrays in the safetensors layout (8 bytes of header length, a JSON header, raw little-endian data), which Python and
 * other tools read as they are. `__metadata__` carries our own strings and a SHA-256 over header and data.
 */
export function encodeArrays(arrays: NamedArray[], metadata: Record<string, string>): Buffer[] {
  const header: Header = { __metadata__: metadata }
  let offset = 0
  for (const { name, shape, data } of arrays) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] }
    offset += data.byteLength
  }
  const parts = arrays.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  const sha256 = checksum(header, parts)
  const text = JSON.stringify({ ...header, __metadata__: { ...metadata, sha256 } })
  const json = Buffer.from(
    text.padEnd(Math.ceil(Buffer.byteLength(text) / 8) * 8 - Buffer.byteLength(text) + text.length),
  )
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return [length, json, ...parts]
}

function checksum(header: Header, parts: Uint8Array[]): string {
  const hash = createHash('sha256').update(JSON.stringify(header))
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/** Reads what `encodeArrays` wrote. Throws `invalid_input` when the file is cut off, changed or something else. */
export function decodeArrays(bytes: Buffer): { arrays: NamedArray[]; metadata: Record<string, string> } {
  const damaged = (why: string) => new WorkbenchError('invalid_input', `The checkpoint is damaged: ${why}.`)
  if (bytes.length < 8) throw damaged('it ends within its first bytes')
  const headerLength = Number(bytes.readBigUInt64LE(0))
  if (8 + headerLength > bytes.length) throw damaged('it ends within its header')
  let header: Header
  try {
    header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Header
  } catch {
    throw damaged('its header is no JSON')
  }
  const { sha256, ...metadata } = (header.__metadata__ ?? {}) as Record<string, string>
  const data = bytes.subarray(8 + headerLength)
  if (checksum({ ...header, __metadata__: metadata }, [data]) !== sha256) throw damaged('its checksum does not match')
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__') as [string, Entry][]
  const arrays = entries.map(
    ([
      name,
      {
        shape,
        data_offsets: [from, to],
      },
    ]) => {
      const aligned = new Uint8Array(data.subarray(from, to)) // a copy: the file's offset need not be a multiple of 4
      return { name, shape, data: new Float32Array(aligned.buffer) }
    },
  )
  return { arrays, metadata: { ...metadata, sha256: sha256! } }
}

export const readArrays = async (path: string) => decodeArrays(await readFile(path))
