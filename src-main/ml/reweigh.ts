/**
 * Weights that make the label independent of the group (Kamiran & Calders, "Data preprocessing techniques for
 * classification without discrimination", KAIS 33, 2012): how often a group and a label would meet if they were
 * independent, by how often they do. Their sum is the number of samples.
 * @param groups group of each training sample
 * @param labels its class
 */
export function reweighing(groups: readonly string[], labels: ArrayLike<number>): Float64Array {
  const count = (keys: (string | number)[]) => {
    const counts = new Map<string | number, number>()
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
    return counts
  }
  const own = Array.from(labels)
  const pairs = groups.map((group, i) => JSON.stringify([group, own[i]]))
  const [byGroup, byLabel, byPair] = [count([...groups]), count(own), count(pairs)]
  return Float64Array.from(
    groups,
    (group, i) => (byGroup.get(group)! * byLabel.get(own[i]!)!) / (groups.length * byPair.get(pairs[i]!)!),
  )
}
