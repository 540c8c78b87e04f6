import type { NumberMetrics } from '../schemas/run'

/**
 * Metrics of predicted numbers as pure functions. Their conventions are those of scikit-learn (Pedregosa et al., JMLR 12,
 * 2011); what is not defined is null, never NaN. All but R² are in the units of the target, and lower is better.
 */

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** The middle of the values; of an even number the mean of the two in the middle. Null of none. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** @param truth and @param predicted in the units of the target, in the same order */
export function numberMetrics(truth: readonly number[], predicted: readonly number[]): NumberMetrics {
  const count = truth.length
  if (count === 0) return { mae: null, rmse: null, r2: null, medianError: null }
  const errors = truth.map((value, i) => Math.abs(value - predicted[i]!))
  const squares = sum(errors.map((error) => error ** 2))
  const mean = sum([...truth]) / count
  const spread = sum(truth.map((value) => (value - mean) ** 2))
  return {
    mae: sum(errors) / count,
    rmse: Math.sqrt(squares / count),
    // A single sample, or a target that is the same everywhere, has no spread to explain.
    r2: count > 1 && spread > 0 ? 1 - squares / spread : null,
    medianError: median(errors),
  }
}

/**
 * Half the width of an interval that holds the truth of a new sample with probability `level` or more, by how far off the
 * predictions of `errors.length` held-out samples were: split conformal prediction (Papadopoulos et al., "Inductive
 * confidence machines for regression", 2002; Lei et al., "Distribution-free predictive inference for regression", JASA
 * 113, 2018). It holds for samples drawn as those were. Null where they are too few for that level.
 *
 * @param errors absolute, in the units of the target
 */
export function conformalHalfWidth(errors: readonly number[], level: number): number | null {
  // The hair's breadth keeps 0.9 * 10 = 9.000…1 from asking for one more.
  const rank = Math.ceil((errors.length + 1) * level - 1e-9)
  return rank > errors.length ? null : Float64Array.from(errors).sort()[rank - 1]!
}
