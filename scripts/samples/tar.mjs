// A plain ustar archive that depends on names and contents only: no owner, a fixed time, the order given.
const BLOCK = 512

function header(name, size) {
  if (Buffer.byteLength(name) > 100) throw new Error(`name too long for tar: ${name}`)
  const block = Buffer.alloc(BLOCK)
  const octal = (value, width) => `${value.toString(8).padStart(width - 1, '0')}\0`
  block.write(name, 0)
  block.write(octal(0o644, 8), 100)
  block.write(octal(0, 8), 108)
  block.write(octal(0, 8), 116)
  block.write(octal(size, 12), 124)
  block.write(octal(0, 12), 136)
  block.write(' '.repeat(8), 148)
  block.write('0', 156)
  block.write('ustar\0' + '00', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** files: [{ name, data }] */
export function packTar(files) {
  const parts = files.flatMap(({ name, data }) => [
    header(name, data.length),
    data,
    Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK),
  ])
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}
