/** Places of the `count` rows of `values` [n, width] nearest to `point` [width], with their Euclidean distances, nearest first. */
export function nearestRows(
  values: Float32Array,
  point: ArrayLike<number>,
  count: number,
  isLeftOut: (row: number) => boolean,
): { row: number; distance: number }[] {
  const width = point.length
  const found: { row: number; distance: number }[] = []
  for (let row = 0; row < values.length / width; row++) {
    if (isLeftOut(row)) continue
    const limit = found.length < count ? Infinity : found.at(-1)!.distance
    const square = squaredDistance(values, row * width, point, limit)
    if (square >= limit) continue
    const place = found.findIndex(({ distance }) => distance > square)
    found.splice(place < 0 ? found.length : place, 0, { row, distance: square })
    found.length = Math.min(found.length, count)
  }
  return found.map(({ row, distance }) => ({ row, distance: Math.sqrt(distance) }))
}

/** Stops adding once it is beyond `limit`. */
function squaredDistance(values: Float32Array, from: number, point: ArrayLike<number>, limit: number): number {
  let sum = 0
  for (let i = 0; i < point.length && sum < limit; i++) sum += (values[from + i]! - point[i]!) ** 2
  return sum
}
