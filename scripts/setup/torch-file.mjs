import { SetupProblem } from './problems.mjs'

/*
 * Reads the tensors of a PyTorch file of the older kind (a row of pickles, then the storages' bytes). Only the handful of
 * pickle instructions that a state dictionary needs are known, and nothing in the file is ever executed: a name that it
 * mentions stands for one of the four things below, or the file is refused.
 *
 * Layout: torch.serialization._legacy_save: magic number, protocol, system, state dictionary, keys of the storages; then
 * for each key its length (int64) and its numbers. Pickle: Python's pickletools.
 */

const magicNumber = 119547037146038801333356n
const mark = Symbol('mark')

/** What a name in the file may stand for, called with what the file gives it. */
const known = {
  'collections OrderedDict': () => new Map(),
  'torch._utils _rebuild_tensor_v2': (storage, offset, shape, strides) => ({ storage, offset, shape, strides }),
  'torch FloatStorage': Float32Array,
  'torch LongStorage': BigInt64Array,
}

const damaged = (why) => new SetupProblem({ what: `The PyTorch file cannot be read: ${why}.` })

/** Tensors by name, {shape, data: Float32Array} row-major; counters and other whole numbers are left out. */
export function readTorchFile(bytes) {
  const reader = new PickleReader(bytes)
  if (reader.next() !== magicNumber) throw damaged('it does not begin as such a file does')
  reader.next() // the protocol's version
  reader.next() // the system that wrote it
  const state = reader.next()
  const storages = readStorages(bytes, reader, reader.next())
  const tensors = new Map()
  for (const [name, value] of state) {
    if (value.storage.type !== Float32Array) continue
    tensors.set(name, tensorOf(name, value, storages))
  }
  return tensors
}

function readStorages(bytes, reader, keys) {
  const storages = new Map()
  let { at } = reader
  for (const key of keys) {
    const type = reader.storages.get(key)
    if (!type) throw damaged(`nobody uses its storage ${key}`)
    if (at + 8 > bytes.length) throw damaged('it ends too early')
    const length = Number(bytes.readBigInt64LE(at))
    const end = at + 8 + length * type.BYTES_PER_ELEMENT
    if (end > bytes.length) throw damaged('it ends too early')
    storages.set(key, new type(new Uint8Array(bytes.subarray(at + 8, end)).buffer))
    at = end
  }
  return storages
}

/** Copies a tensor's numbers in row-major order, wherever its strides have them. */
function tensorOf(name, { storage, offset, shape, strides }, storages) {
  const from = storages.get(storage.key)
  const length = shape.reduce((product, side) => product * side, 1)
  const last = shape.reduce((place, side, axis) => place + (side - 1) * strides[axis], offset)
  if (!from || last >= from.length) throw damaged(`the tensor ${name} reaches beyond its storage`)
  const data = new Float32Array(length)
  const index = shape.map(() => 0)
  for (let at = 0, place = offset; at < length; at++) {
    data[at] = from[place]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis]
      if (++index[axis] < shape[axis]) break
      place -= strides[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return { shape, data }
}

class PickleReader {
  at = 0
  /** Type of each storage that a tensor names. */
  storages = new Map()

  constructor(bytes) {
    this.bytes = bytes
  }

  /** The object of the pickle that begins here. */
  next() {
    this.stack = []
    this.memo = []
    for (;;) {
      const code = this.#byte()
      if (code === 0x2e) return this.stack.pop()
      const run = instructions[code]
      if (!run) throw damaged(`it has an instruction (${code}) that a table of tensors does not need`)
      run(this)
    }
  }

  #byte() {
    if (this.at >= this.bytes.length) throw damaged('it ends too early')
    return this.bytes[this.at++]
  }

  #take(length) {
    if (length < 0 || this.at + length > this.bytes.length) throw damaged('it ends too early')
    return this.bytes.subarray(this.at, (this.at += length))
  }

  uint8 = () => this.#byte()
  uint16 = () => this.#take(2).readUInt16LE()
  int32 = () => this.#take(4).readInt32LE()
  text = (length) => this.#take(length).toString('utf8')
  line() {
    const end = this.bytes.indexOf(0x0a, this.at)
    const line = this.#take(end - this.at + 1)
    return line.toString('utf8', 0, line.length - 1)
  }

  push(value) {
    this.stack.push(value)
  }
  /** What lies above the last mark, which goes too. */
  sinceMark() {
    return this.stack.splice(this.stack.lastIndexOf(mark)).slice(1)
  }
  top = () => this.stack.at(-1)
}

function setItems(reader) {
  const items = reader.sinceMark()
  for (let i = 0; i < items.length; i += 2) reader.top().set(items[i], items[i + 1])
}

function longOf(reader) {
  let value = 0n
  const length = reader.uint8()
  for (let i = 0; i < length; i++) value |= BigInt(reader.uint8()) << BigInt(8 * i)
  return BigInt.asIntN(8 * length, value)
}

function globalOf(reader) {
  const name = `${reader.line()} ${reader.line()}`
  if (!Object.hasOwn(known, name)) throw damaged(`it wants "${name}", which is no part of a table of tensors`)
  return known[name]
}

function storageOf(reader) {
  const [kind, type, key] = reader.stack.pop()
  if (kind !== 'storage') throw damaged('it refers to something that is no storage')
  reader.storages.set(key, type)
  return { type, key }
}

function reduce(reader) {
  const given = reader.stack.pop()
  const make = reader.stack.pop()
  if (make === Float32Array || make === BigInt64Array) throw damaged('it builds a storage by itself')
  reader.push(make(...given))
}

/** By pickle's opcode. */
const instructions = {
  0x80: (r) => r.uint8(), // PROTO
  0x8a: (r) => r.push(longOf(r)), // LONG1
  0x4b: (r) => r.push(r.uint8()), // BININT1
  0x4d: (r) => r.push(r.uint16()), // BININT2
  0x4a: (r) => r.push(r.int32()), // BININT
  0x4e: (r) => r.push(null), // NONE
  0x88: (r) => r.push(true), // NEWTRUE
  0x89: (r) => r.push(false), // NEWFALSE
  0x58: (r) => r.push(r.text(r.int32())), // BINUNICODE
  0x28: (r) => r.push(mark), // MARK
  0x7d: (r) => r.push(new Map()), // EMPTY_DICT
  0x5d: (r) => r.push([]), // EMPTY_LIST
  0x29: (r) => r.push([]), // EMPTY_TUPLE
  0x74: (r) => r.push(r.sinceMark()), // TUPLE
  0x85: (r) => r.push(r.stack.splice(-1)), // TUPLE1
  0x86: (r) => r.push(r.stack.splice(-2)), // TUPLE2
  0x73: (r) => r.stack.at(-3).set(...r.stack.splice(-2)), // SETITEM
  0x75: setItems, // SETITEMS
  0x65: (r) => {
    const items = r.sinceMark()
    r.top().push(...items)
  }, // APPENDS
  0x71: (r) => (r.memo[r.uint8()] = r.top()), // BINPUT
  0x72: (r) => (r.memo[r.int32()] = r.top()), // LONG_BINPUT
  0x68: (r) => r.push(r.memo[r.uint8()]), // BINGET
  0x6a: (r) => r.push(r.memo[r.int32()]), // LONG_BINGET
  0x63: (r) => r.push(globalOf(r)), // GLOBAL
  0x51: (r) => r.push(storageOf(r)), // BINPERSID
  0x52: reduce, // REDUCE
  0x62: (r) => void r.stack.pop(), // BUILD: attributes of the dictionary, of no interest
}
