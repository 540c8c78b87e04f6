import { expect, test } from 'vitest'
import { largerShares, mixUp } from '@main/ml/mixup'
import { tf } from '@main/ml/tf'

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

test.each([0.2, 0.5, 1, 4])(
  'shares of a symmetric Beta of %d have its variance, and the larger part is taken',
  (alpha) => {
    const shares = Array.from(largerShares(alpha))
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.5)
    expect(Math.max(...shares)).toBeLessThanOrEqual(1)
    expect(mean(shares.map((share) => (share - 0.5) ** 2))).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 3)
  },
)

test('samples and their targets are blended alike, with the mirrored place and by the step', () => {
  const labels = tf.tensor1d([0, 1, 0, 1], 'int32')
  const oneHot = tf.oneHot(labels, 2).toFloat()
  const inputs = oneHot.mul(10) // what is true of the targets is true of these
  const at = (step: number) =>
    tf.tidy(() => {
      const { inputs: x, targets } = mixUp({ inputs, labels, oneHot, targets: oneHot }, 1, 3, step)
      return { x: x.arraySync() as number[][], y: targets.arraySync() as number[][] }
    })
  const first = at(1)
  first.y.forEach((row, i) => {
    expect(row[0]! + row[1]!).toBeCloseTo(1, 6)
    expect(row[labels.arraySync()[i]!]).toBeGreaterThanOrEqual(0.5)
    row.forEach((value, k) => expect(first.x[i]![k]).toBeCloseTo(10 * value, 5))
  })
  expect(at(1)).toEqual(first)
  expect(at(2)).not.toEqual(first)
  tf.dispose([labels, oneHot, inputs])
})
