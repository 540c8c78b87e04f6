import { plural, type Checked, type Finder } from './define'

/**
 * Labels that the model contradicts with the confidence it has for the class it names: confident learning (Northcutt,
 * Jiang, Chuang 2021) on predictions of samples that the run did not train on. The surest contradictions come first.
 */
export const labelErrors: Finder = {
  kind: 'label-error',
  text: (total, { heldOut }) =>
    `${plural(total, 'label')} of the ${heldOut.size} with held-out predictions may be wrong. Look at them, and relabel those that are.`,
  find(checked) {
    const { samples, heldOut, classNames } = checked
    const thresholds = classThresholds(checked)
    return samples
      .flatMap(({ id, classId }, place) => {
        const scores = heldOut.get(id)
        const given = classId === null ? undefined : scores?.get(classId)
        if (!scores || given === undefined) return []
        const [likely, score] = confidentClass(scores, thresholds)
        return likely === null || likely === classId ? [] : [{ place, likely, score, given, label: classId! }]
      })
      .sort((a, b) => a.given - a.score - (b.given - b.score))
      .map(({ place, likely, score, given, label }) => ({
        at: [place],
        why: `Labelled "${classNames.get(label)}" (${percent(given)}), looks like "${classNames.get(likely)}" (${percent(score)}).`,
      }))
  },
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`

/** For each class: the mean probability of it over the samples that are labelled so. */
function classThresholds({ samples, heldOut }: Checked): Map<number, number> {
  const sums = new Map<number, { sum: number; n: number }>()
  for (const { id, classId } of samples) {
    const own = classId === null ? undefined : heldOut.get(id)?.get(classId)
    if (classId === null || own === undefined) continue
    const entry = sums.get(classId) ?? { sum: 0, n: 0 }
    sums.set(classId, { sum: entry.sum + own, n: entry.n + 1 })
  }
  return new Map([...sums].map(([id, { sum, n }]) => [id, sum / n]))
}

/** The most probable of the classes whose threshold the sample reaches, or null. */
function confidentClass(scores: Map<number, number>, thresholds: Map<number, number>): [number | null, number] {
  let best: [number | null, number] = [null, -1]
  for (const [id, score] of scores) {
    const threshold = thresholds.get(id)
    if (threshold !== undefined && score >= threshold && score > best[1]) best = [id, score]
  }
  return best
}
