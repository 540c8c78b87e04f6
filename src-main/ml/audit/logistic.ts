/** Rows with the same number of numbers that are not zero: [rows * slots], row-major. */
export interface SparseRows {
  slots: number
  columns: Int32Array
  values: Float32Array
  width: number
}

const memory = 8
const mostSteps = 200

/**
 * Logistic regression with an L2 penalty: the least of sum(log loss) + |w|² / 2, the intercept not penalised, which is what
 * scikit-learn calls C = 1. By L-BFGS (Liu & Nocedal, Mathematical Programming 45, 1989).
 * @returns weights [width + 1], the intercept last
 */
export function fitLogistic(data: SparseRows, labels: Uint8Array, rows: Int32Array): Float64Array {
  const size = data.width + 1
  let weights = new Float64Array(size)
  let { loss, gradient } = lossAt(data, labels, rows, weights)
  const steps: { s: Float64Array; y: Float64Array; rho: number }[] = []
  const enough = 1e-4 * Math.max(1, rows.length / 1000)
  for (let i = 0; i < mostSteps && largest(gradient) > enough; i++) {
    const direction = descent(gradient, steps)
    const slope = dot(direction, gradient)
    let length = i === 0 ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : 1
    let next = weights
    let at = { loss, gradient }
    for (let tries = 0; tries < 40; tries++, length /= 2) {
      next = weights.map((weight, k) => weight + length * direction[k]!)
      at = lossAt(data, labels, rows, next)
      if (at.loss <= loss + 1e-4 * length * slope) break
    }
    const s = next.map((value, k) => value - weights[k]!)
    const y = at.gradient.map((value, k) => value - gradient[k]!)
    const curvature = dot(s, y)
    if (curvature > 1e-12) steps.push({ s, y, rho: 1 / curvature })
    if (steps.length > memory) steps.shift()
    const gained = loss - at.loss
    weights = next
    ;({ loss, gradient } = at)
    if (gained <= 1e-6 * Math.abs(loss)) break
  }
  return weights
}

/** The linear score of each of `rows`. */
export function scoresOf({ slots, columns, values, width }: SparseRows, weights: Float64Array, rows: Int32Array) {
  return Float64Array.from(rows, (row) => {
    let sum = weights[width]!
    for (let k = row * slots; k < (row + 1) * slots; k++) sum += values[k]! * weights[columns[k]!]!
    return sum
  })
}

function lossAt(data: SparseRows, labels: Uint8Array, rows: Int32Array, weights: Float64Array) {
  const { slots, columns, values, width } = data
  const gradient = new Float64Array(width + 1)
  let loss = 0
  for (const row of rows) {
    let score = weights[width]!
    const [from, to] = [row * slots, (row + 1) * slots]
    for (let k = from; k < to; k++) score += values[k]! * weights[columns[k]!]!
    const sign = labels[row] ? 1 : -1
    const margin = sign * score
    // log(1 + e^-margin) without overflow.
    loss += margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin
    const pull = -sign / (1 + Math.exp(margin))
    for (let k = from; k < to; k++) gradient[columns[k]!]! += pull * values[k]!
    gradient[width]! += pull
  }
  for (let k = 0; k < width; k++) {
    loss += weights[k]! ** 2 / 2
    gradient[k]! += weights[k]!
  }
  return { loss, gradient }
}

/** The two-loop recursion: minus the inverse curvature, as the last steps show it, times the gradient. */
function descent(gradient: Float64Array, steps: { s: Float64Array; y: Float64Array; rho: number }[]): Float64Array {
  const q = gradient.slice()
  const shares = [...steps].reverse().map(({ s, y, rho }) => {
    const share = rho * dot(s, q)
    addTo(q, y, -share)
    return share
  })
  const last = steps.at(-1)
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y))
    for (let k = 0; k < q.length; k++) q[k]! *= scale
  }
  steps.forEach(({ s, y, rho }, i) => addTo(q, s, shares[steps.length - 1 - i]! - rho * dot(y, q)))
  return q.map((value) => -value)
}

function addTo(target: Float64Array, other: Float64Array, share: number): void {
  for (let k = 0; k < target.length; k++) target[k]! += share * other[k]!
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}

const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
