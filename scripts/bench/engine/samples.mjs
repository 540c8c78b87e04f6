import { randomStream } from '../../../src-main/ml/random'

/** Made-up samples in packed memory, as a run holds them: bytes for pictures, else numbers. */
export function madeUpData({ shape, count, isPicture }) {
  const size = shape.reduce((product, length) => product * length, 1)
  const random = randomStream(1)
  const packed = isPicture ? new Uint8Array(count * size) : new Float32Array(count * size)
  for (let i = 0; i < packed.length; i++) packed[i] = isPicture ? random.below(256) : random.uniform() * 2 - 1
  const scale = isPicture ? 1 / 255 : 1
  const read = (indices) => {
    const values = new Float32Array(indices.length * size)
    indices.forEach((index, row) => {
      for (let k = 0; k < size; k++) values[row * size + k] = packed[index * size + k] * scale
    })
    return values
  }
  return { inputShape: shape, size, packed, read }
}

export const madeUpLabels = (count, classes) => {
  const random = randomStream(2)
  return Int32Array.from({ length: count }, () => random.below(classes))
}
