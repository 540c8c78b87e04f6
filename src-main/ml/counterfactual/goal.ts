/** What the answer shall become: a class, or any other than the predicted one (null). */
export interface Goal {
  predicted: number
  target: number | null
}

/** How far probabilities [classes] are beyond the goal, in nats; positive once it is reached. */
export function marginOf(probabilities: ArrayLike<number>, { predicted, target }: Goal): number {
  const kept = target ?? predicted
  let other = 0
  for (let k = 0; k < probabilities.length; k++) if (k !== kept) other = Math.max(other, probabilities[k]!)
  const difference = Math.log(Math.max(probabilities[kept]!, 1e-38)) - Math.log(Math.max(other, 1e-38))
  return target === null ? -difference : difference
}
