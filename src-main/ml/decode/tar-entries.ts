const blockSize = 512
const longestName = 65_536

export interface TarEntry {
  name: string
  sizeBytes: number
  /** Read it, or leave it: the next entry skips what is left. */
  content: AsyncGenerator<Buffer>
}

/**
 * The files of a tar that comes as a stream: ustar, pax and GNU long names; links and devices are passed over. Throws a
 * plain Error for what is no tar. Reference: POSIX.1-2017, pax, "ustar Interchange Format".
 */
export async function* tarEntries(bytes: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const source = new ByteSource(bytes)
  let longName: string | null = null
  let longSize: number | null = null
  for (;;) {
    const header = await source.exactly(blockSize)
    if (header === null) throw new Error('it ends too early')
    if (header.every((byte) => byte === 0)) return
    const { name, size: ownSize, type } = parseHeader(header)
    const size: number = longSize ?? ownSize
    const padding = (blockSize - (size % blockSize)) % blockSize
    if (type === 'x' || type === 'L') {
      if (size > longestName) throw new Error('a name in it is longer than 64 KiB')
      const record = await source.exactly(size + padding)
      if (record === null) throw new Error('it ends too early')
      const text = record.toString('utf8', 0, size)
      if (type === 'L') longName = text.replace(/\0.*$/s, '')
      else {
        longName = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1] ?? longName
        const paxSize = /(?:^|\n)\d+ size=(\d+)\n/.exec(text)?.[1]
        longSize = paxSize === undefined ? longSize : Number(paxSize)
      }
      continue
    }
    const content = source.upTo(size)
    if (type === '0' || type === '\0' || type === '7') yield { name: longName ?? name, sizeBytes: size, content }
    for await (const _ of content); // what was not read
    for await (const _ of source.upTo(padding));
    longName = null
    longSize = null
  }
}

function parseHeader(block: Buffer): { name: string; size: number; type: string } {
  const text = (from: number, to: number) => block.toString('utf8', from, to).replace(/\0.*$/s, '')
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0)
  if (parseInt(text(148, 156), 8) !== sum) throw new Error('a header of it does not add up')
  const prefix = text(257, 262) === 'ustar' ? text(345, 500) : ''
  const size = parseInt(text(124, 136).trim() || '0', 8)
  // A size of 8 GiB and more in the binary way of GNU tar is not read; pax says it in text.
  if (!(size >= 0)) throw new Error('a header of it has no valid size')
  return { name: prefix ? `${prefix}/${text(0, 100)}` : text(0, 100), size, type: String.fromCharCode(block[156]!) }
}

/** Hands out a stream of chunks in the pieces that are asked for. */
class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(bytes: AsyncIterable<Buffer>) {
    this.#chunks = bytes[Symbol.asyncIterator]()
  }

  /** The next `size` bytes, or null when there are fewer. */
  async exactly(size: number): Promise<Buffer | null> {
    const pieces: Buffer[] = []
    let got = 0
    while (got < size) {
      const piece = await this.#next(size - got)
      if (!piece) return null
      pieces.push(piece)
      got += piece.length
    }
    return Buffer.concat(pieces)
  }

  async *upTo(size: number): AsyncGenerator<Buffer> {
    for (let left = size; left > 0;) {
      const piece = await this.#next(left)
      if (!piece) throw new Error('it ends too early')
      left -= piece.length
      yield piece
    }
  }

  async #next(most: number): Promise<Buffer | null> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next()
      if (done) return null
      this.#rest = value
    }
    const piece = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(most)
    return piece
  }
}
