import { randomStream } from '../random'
import { tf, type Tensor } from '../tf'

/**
 * Initializer of a matrix [rows, columns], rows <= columns, whose rows are at right angles and of length 1 (Saxe, McClelland
 * & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014), by Gram and
 * Schmidt's method. tfjs' own takes seconds from 256 units on.
 */
export function orthogonal(seed: number): { apply(shape: number[]): Tensor } {
  return {
    apply([rows, columns]) {
      const random = randomStream(seed)
      const made: Float64Array[] = []
      while (made.length < rows!) {
        const row = Float64Array.from({ length: columns! }, () => normal(random.uniform(), random.uniform()))
        for (const other of made) subtract(row, other, dot(row, other))
        const length = Math.sqrt(dot(row, row))
        made.push(row.map((value) => value / length))
      }
      return tf.tensor2d(
        made.flatMap((row) => Array.from(row)),
        [rows!, columns!],
      )
    },
  }
}

/** Box & Muller, "A note on the generation of random normal deviates", 1958. */
const normal = (u: number, v: number) => Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v)

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

function subtract(row: Float64Array, other: Float64Array, share: number): void {
  for (let i = 0; i < row.length; i++) row[i]! -= share * other[i]!
}
