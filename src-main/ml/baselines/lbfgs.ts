type Vector = Float64Array

const dot = (a: Vector, b: Vector) => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
const plus = (a: Vector, factor: number, b: Vector) => a.map((value, i) => value + factor * b[i]!)

const memory = 10
const mostSteps = 300

/**
 * Finds where a smooth convex function is smallest (Nocedal & Wright, "Numerical optimization", algorithm 7.5, with
 * steps halved until they descend enough).
 *
 * @param at gives the value and gradient at a point
 * @param tolerance largest entry of the gradient that counts as none
 */
export function minimise(
  at: (x: Vector) => { value: number; gradient: Vector },
  start: Vector,
  tolerance = 1e-4,
): Vector {
  let x = start
  let { value, gradient } = at(x)
  const pairs: { s: Vector; y: Vector; rho: number }[] = []
  for (let step = 0; step < mostSteps; step++) {
    if (gradient.every((entry) => Math.abs(entry) < tolerance)) break
    const direction = towards(gradient, pairs)
    const slope = dot(gradient, direction)
    let size = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1
    let next = plus(x, size, direction)
    let found = at(next)
    while (found.value > value + 1e-4 * size * slope && size > 1e-12) {
      size /= 2
      next = plus(x, size, direction)
      found = at(next)
    }
    if (size <= 1e-12) break
    const [s, y] = [plus(next, -1, x), plus(found.gradient, -1, gradient)]
    const curvature = dot(s, y)
    if (curvature > 1e-12) pairs.push({ s, y, rho: 1 / curvature })
    if (pairs.length > memory) pairs.shift()
    x = next
    ;({ value, gradient } = found)
  }
  return x
}

/** Minus the gradient times the inverse curvature that the last steps tell of. */
function towards(gradient: Vector, pairs: { s: Vector; y: Vector; rho: number }[]): Vector {
  let q = gradient.slice()
  const shares: number[] = []
  for (const { s, y, rho } of [...pairs].reverse()) {
    const share = rho * dot(s, q)
    shares.push(share)
    q = plus(q, -share, y)
  }
  const last = pairs.at(-1)
  if (last) q = q.map((value) => value / (last.rho * dot(last.y, last.y)))
  for (const { s, y, rho } of pairs) q = plus(q, shares.pop()! - rho * dot(y, q), s)
  return q.map((value) => -value)
}
