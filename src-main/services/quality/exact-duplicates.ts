import { nounOf, plural, type Finder } from './define'

/** Samples with the very same content; those whose labels differ come first. */
export const exactDuplicates: Finder = {
  kind: 'exact-duplicate',
  text: (total, checked) =>
    `${plural(total, 'group')} of identical ${nounOf(checked)}s. Copies count several times in training and in every figure; keep one of each.`,
  find: ({ copies, samples }) =>
    copies
      .map((at) => {
        const labels = new Set(at.map((place) => samples[place]!.classId))
        const isTorn = labels.size > 1
        return { at, isTorn, why: `${at.length} identical samples${isTorn ? ', labelled differently' : ''}.` }
      })
      .sort((a, b) => Number(b.isTorn) - Number(a.isTorn) || b.at.length - a.at.length),
}
