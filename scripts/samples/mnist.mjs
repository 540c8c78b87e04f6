// The MNIST digits as the package carries them: IDX files.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const COUNTS = { train: 60_000, test: 10_000 }
export const IDX_FILES = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
}

/** One split: `labels[i]` is 0-9, `picture(i)` the 784 grey bytes. */
export function readSplit(packageDir, split) {
  const read = (file) => readFileSync(join(packageDir, 'data', file))
  const images = read(IDX_FILES[split].images)
  const labels = read(IDX_FILES[split].labels)
  const count = COUNTS[split]
  if (images.readUInt32BE(0) !== 2051 || images.readUInt32BE(4) !== count || images.length !== 16 + count * 784)
    throw new Error(`${IDX_FILES[split].images} is not the expected IDX file`)
  if (labels.readUInt32BE(0) !== 2049 || labels.readUInt32BE(4) !== count || labels.length !== 8 + count)
    throw new Error(`${IDX_FILES[split].labels} is not the expected IDX file`)
  return { count, labels: labels.subarray(8), picture: (i) => images.subarray(16 + i * 784, 16 + (i + 1) * 784) }
}
