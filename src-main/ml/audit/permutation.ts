/**
 * The permutation test of a difference between two rates, with all permutations counted: who belongs to which group is
 * shuffled among the samples that the rates are taken over, and `hits` of the first then follow the hypergeometric
 * distribution (Fisher, "The Design of Experiments", 1935). No draw is needed, so p is exact however small.
 * @returns share of the permutations whose rates lie at least as far apart as those observed
 */
export function permutationTest(one: { hits: number; n: number }, other: { hits: number; n: number }): number {
  const drawn = one.n
  const size = one.n + other.n
  const marked = one.hits + other.hits
  const [least, most] = [Math.max(0, marked - other.n), Math.min(drawn, marked)]
  if (least === most) return 1
  // The difference of the rates grows evenly with the first group's hits, so distance from their mean orders them.
  const mean = (marked * drawn) / size
  const observed = Math.abs(one.hits - mean) - 1e-9
  const mode = Math.min(most, Math.max(least, Math.floor(((marked + 1) * (drawn + 1)) / (size + 2))))
  let [all, far] = [0, 0]
  const take = (k: number, weight: number) => {
    all += weight
    if (Math.abs(k - mean) >= observed) far += weight
  }
  take(mode, 1)
  for (let k = mode, weight = 1; k < most && weight > 0; k++) {
    weight *= ((marked - k) * (drawn - k)) / ((k + 1) * (size - marked - drawn + k + 1))
    take(k + 1, weight)
  }
  for (let k = mode, weight = 1; k > least && weight > 0; k--) {
    weight *= (k * (size - marked - drawn + k)) / ((marked - k + 1) * (drawn - k + 1))
    take(k - 1, weight)
  }
  return Math.min(1, far / all)
}

/**
 * Benjamini & Hochberg's adjusted p-values (JRSS B 57, 1995), in the order given: a finding is called one at a false
 * discovery rate of `alpha` where its adjusted value is at most that.
 */
export function adjusted(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]!)
  const found = new Array<number>(values.length)
  let least = 1
  order.forEach((index, fromTop) => {
    const rank = values.length - fromTop
    least = Math.min(least, (values[index]! * values.length) / rank)
    found[index] = least
  })
  return found
}
