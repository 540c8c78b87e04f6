/** How alike two maps of the same sample are. */

/** Ranks from 0, equal values sharing the mean of their places. */
function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length;) {
    let to = from
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (let place = from; place < to; place++) ranks[order[place]!] = (from + to - 1) / 2
    from = to
  }
  return ranks
}

/** Pearson's correlation; null where one of the two does not vary. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  let [meanA, meanB] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    meanA += a[i]! / a.length
    meanB += b[i]! / a.length
  }
  let [product, squareA, squareB] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    product += (a[i]! - meanA) * (b[i]! - meanB)
    squareA += (a[i]! - meanA) ** 2
    squareB += (b[i]! - meanB) ** 2
  }
  return squareA > 0 && squareB > 0 ? product / Math.sqrt(squareA * squareB) : null
}

/** Spearman's rank correlation, -1 to 1; null where a map is the same everywhere. */
export const rankCorrelation = (a: ArrayLike<number>, b: ArrayLike<number>): number | null =>
  correlation(ranksOf(a), ranksOf(b))

/** Values divided by the largest magnitude: -1 to 1, or 0 to 1. */
export function scaled(values: ArrayLike<number>): Float64Array {
  let largest = 0
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!))
  return Float64Array.from(values, (value) => (largest > 0 ? value / largest : 0))
}

/** Side of SSIM's square window, pixels. */
const windowSide = 7

/**
 * Mean structural similarity of two maps [height, width] (Wang et al. 2004, https://doi.org/10.1109/TIP.2003.819861):
 * 1 for equal ones, 0 for unrelated ones. Uniform windows of 7 x 7 that lie inside the map, sample covariance. Null for
 * maps smaller than the window.
 */
export function ssim(a: ArrayLike<number>, b: ArrayLike<number>, [height, width]: [number, number]): number | null {
  if (height < windowSide || width < windowSide) return null
  let [low, high] = [Infinity, -Infinity]
  for (let i = 0; i < a.length; i++) {
    low = Math.min(low, a[i]!, b[i]!)
    high = Math.max(high, a[i]!, b[i]!)
  }
  const range = high - low || 1
  const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2]
  const n = windowSide ** 2
  let total = 0
  for (let y = 0; y + windowSide <= height; y++)
    for (let x = 0; x + windowSide <= width; x++) {
      let [sumA, sumB, squareA, squareB, product] = [0, 0, 0, 0, 0]
      for (let row = y; row < y + windowSide; row++)
        for (let at = row * width + x; at < row * width + x + windowSide; at++) {
          const [u, v] = [a[at]!, b[at]!]
          sumA += u
          sumB += v
          squareA += u * u
          squareB += v * v
          product += u * v
        }
      const [meanA, meanB] = [sumA / n, sumB / n]
      const variances = (squareA + squareB - n * (meanA ** 2 + meanB ** 2)) / (n - 1)
      const covariance = (product - n * meanA * meanB) / (n - 1)
      total += ((2 * meanA * meanB + c1) * (2 * covariance + c2)) / ((meanA ** 2 + meanB ** 2 + c1) * (variances + c2))
    }
  return total / ((height - windowSide + 1) * (width - windowSide + 1))
}
