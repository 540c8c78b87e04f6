import { throwIfAborted } from '@shared/errors'
import { breathe } from '../evaluate'
import { tf, type Tensor } from '../tf'
import type { SampleAttributionInput } from './define'

/** Samples with parts hidden that are computed in one pass. */
const batch = 64

/** Parts of a sample that are shown or hidden together: the offsets of each into the sample. */
export type Parts = Int32Array[]

/** A table's fields; the squares of a grid over a picture, `cells` along each side; else each number by itself. */
export function partsOf(input: Tensor, cells: number, fields?: { columns: number[] }[]): Parts {
  if (fields) return fields.map(({ columns }) => Int32Array.from(columns))
  if (input.rank !== 4) return Array.from({ length: input.size }, (_, i) => Int32Array.of(i))
  const [, height, width, channels] = input.shape as [number, number, number, number]
  const [down, across] = [Math.min(cells, height), Math.min(cells, width)]
  const parts: number[][] = Array.from({ length: down * across }, () => [])
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const cell = Math.floor((y * down) / height) * across + Math.floor((x * across) / width)
      for (let channel = 0; channel < channels; channel++) parts[cell]!.push((y * width + x) * channels + channel)
    }
  return parts.map((offsets) => Int32Array.from(offsets))
}

/** Every way to show some of `count` parts: [2^count][count] of 0 and 1, all shown first, nothing shown last. */
export const everyCoalition = (count: number): Uint8Array[] =>
  Array.from({ length: 2 ** count }, (_, code) => Uint8Array.from({ length: count }, (_, k) => 1 - ((code >> k) & 1)))

type Asked = Pick<SampleAttributionInput<unknown>, 'input' | 'baseline' | 'target' | 'logits' | 'signal' | 'progress'>

/** The class's logit with each coalition of parts shown and the others as in the baseline. Throws `cancelled`. */
export async function coalitionScores(
  { input, baseline, target, logits, signal, progress }: Asked,
  parts: Parts,
  coalitions: Uint8Array[],
): Promise<Float64Array> {
  const [shown, hidden] = await Promise.all([input.data<'float32'>(), baseline.data<'float32'>()])
  const scores = new Float64Array(coalitions.length)
  for (let from = 0; from < coalitions.length; from += batch) {
    throwIfAborted(signal)
    const some = coalitions.slice(from, from + batch)
    const rows = new Float32Array(some.length * input.size)
    some.forEach((coalition, i) => {
      rows.set(hidden, i * input.size)
      coalition.forEach((isShown, part) => {
        if (isShown) for (const offset of parts[part]!) rows[i * input.size + offset] = shown[offset]!
      })
    })
    const found = tf.tidy(() =>
      logits(tf.tensor(rows, [some.length, ...input.shape.slice(1)])).slice([0, target], [-1, 1]),
    )
    scores.set(await found.data<'float32'>(), from)
    found.dispose()
    progress(from + some.length, coalitions.length)
    await breathe()
  }
  return scores
}

/** Each part's worth spread evenly over its numbers, shaped like the sample without its batch axis. */
export function spread(worth: ArrayLike<number>, parts: Parts, input: Tensor): Tensor {
  const values = new Float32Array(input.size)
  parts.forEach((offsets, part) => {
    for (const offset of offsets) values[offset] = worth[part]! / offsets.length
  })
  return tf.tensor(values, input.shape.slice(1))
}

/**
 * Weighted least squares with `ridge` times the squared coefficients added, by the normal equations: the coefficients of
 * `rows` [n][k] that come nearest to `targets`.
 */
export function leastSquares(
  rows: ArrayLike<number>[],
  targets: ArrayLike<number>,
  weights: ArrayLike<number>,
  ridge = 0,
): Float64Array {
  const k = rows[0]?.length ?? 0
  const matrix = Array.from({ length: k }, () => new Float64Array(k + 1))
  rows.forEach((row, i) => {
    for (let a = 0; a < k; a++) {
      const scaled = weights[i]! * row[a]!
      if (scaled === 0) continue
      for (let b = 0; b < k; b++) matrix[a]![b]! += scaled * row[b]!
      matrix[a]![k]! += scaled * targets[i]!
    }
  })
  for (let a = 0; a < k; a++) matrix[a]![a]! += ridge
  return solved(matrix)
}

/** Gauss and Jordan with pivots over [k][k + 1]; a coefficient that nothing decides is 0. */
function solved(matrix: Float64Array[]): Float64Array {
  const k = matrix.length
  for (let column = 0; column < k; column++) {
    let pivot = column
    for (let row = column + 1; row < k; row++)
      if (Math.abs(matrix[row]![column]!) > Math.abs(matrix[pivot]![column]!)) pivot = row
    if (Math.abs(matrix[pivot]![column]!) < 1e-12) continue
    ;[matrix[column], matrix[pivot]] = [matrix[pivot]!, matrix[column]!]
    for (let row = 0; row < k; row++) {
      if (row === column) continue
      const factor = matrix[row]![column]! / matrix[column]![column]!
      if (factor === 0) continue
      for (let at = column; at <= k; at++) matrix[row]![at]! -= factor * matrix[column]![at]!
    }
  }
  return Float64Array.from(matrix, (row, i) => (Math.abs(row[i]!) < 1e-12 ? 0 : row[k]! / row[i]!))
}
