import { minimise } from './lbfgs'
import type { SparseRow } from './tf-idf'

/**
 * Logistic regression with half the squared weights as penalty (C = 1, the intercept free), scikit-learn's default: two
 * classes have one vector of weights, more have one each.
 *
 * @returns probabilities [rows][classes] of new rows
 */
export function fitLogistic(
  rows: SparseRow[],
  targets: ArrayLike<number>,
  width: number,
  classes: number,
): (rows: SparseRow[]) => number[][] {
  const outputs = classes === 2 ? 1 : classes
  const stride = width + 1
  const weights = minimise((at) => lossOf(at, rows, targets, width, outputs), new Float64Array(outputs * stride))
  return (given) =>
    given.map((row) => {
      const probabilities = probabilitiesOf(scoresOf(weights, row, width, outputs))
      return outputs === 1 ? [1 - probabilities[0]!, probabilities[0]!] : probabilities
    })
}

function scoresOf(weights: Float64Array, { columns, values }: SparseRow, width: number, outputs: number): number[] {
  return Array.from({ length: outputs }, (_, k) => {
    const from = k * (width + 1)
    let score = weights[from + width]!
    for (let i = 0; i < columns.length; i++) score += weights[from + columns[i]!]! * values[i]!
    return score
  })
}

/** Sigmoid of one score, softmax of several. */
function probabilitiesOf(scores: number[]): number[] {
  if (scores.length === 1) return [1 / (1 + Math.exp(-scores[0]!))]
  const most = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - most))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

function lossOf(
  weights: Float64Array,
  rows: SparseRow[],
  targets: ArrayLike<number>,
  width: number,
  outputs: number,
): { value: number; gradient: Float64Array } {
  const gradient = new Float64Array(weights.length)
  let value = 0
  rows.forEach((row, i) => {
    const probabilities = probabilitiesOf(scoresOf(weights, row, width, outputs))
    const target = targets[i]!
    const right = outputs > 1 ? probabilities[target]! : target === 1 ? probabilities[0]! : 1 - probabilities[0]!
    value -= Math.log(Math.max(right, 1e-300))
    for (let k = 0; k < outputs; k++) {
      const error = probabilities[k]! - Number(outputs > 1 ? target === k : target === 1)
      const from = k * (width + 1)
      for (let j = 0; j < row.columns.length; j++) gradient[from + row.columns[j]!]! += error * row.values[j]!
      gradient[from + width]! += error
    }
  })
  for (let k = 0; k < outputs; k++)
    for (let at = k * (width + 1); at < k * (width + 1) + width; at++) {
      value += 0.5 * weights[at]! ** 2
      gradient[at]! += weights[at]!
    }
  return { value, gradient }
}
