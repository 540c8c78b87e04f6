/** The share of values below and above which a partial dependence is not drawn: few samples would tell about it. */
const tails: [number, number] = [0.05, 0.95]

/**
 * Where a partial dependence is drawn, as scikit-learn chooses it: each distinct value where there are fewer than
 * `resolution`, else evenly between the 5th and the 95th percentile.
 */
export function gridOf(values: number[], resolution: number): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  const distinct = [...new Set(sorted)]
  if (distinct.length < resolution) return distinct
  const [from, to] = tails.map((share) => quantile(sorted, share)) as [number, number]
  if (from === to) return [from]
  return Array.from({ length: resolution }, (_, i) => from + ((to - from) * i) / (resolution - 1))
}

/** Quantile of sorted numbers by plotting positions (k - 0.4) / (n + 0.2), Cunnane 1978, which scikit-learn asks SciPy for. */
export function quantile(sorted: number[], share: number): number {
  const place = sorted.length * share + 0.4 + 0.2 * share
  const below = Math.floor(Math.min(Math.max(place, 1), Math.max(1, sorted.length - 1)))
  const part = Math.min(1, Math.max(0, place - below))
  return (1 - part) * sorted[below - 1]! + part * (sorted[below] ?? sorted[below - 1]!)
}

/** Borders of at most `count` bins that hold about as many values each; every border is one of the values. */
export function bordersOf(values: number[], count: number): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (i: number) => sorted[Math.floor((i / count) * (sorted.length - 1) + 1e-9)]!
  return [...new Set(Array.from({ length: count + 1 }, (_, i) => at(i)))]
}
