import { plural, type CheckedSample, type Finder } from './define'

const splitsOf = (samples: CheckedSample[], at: number[]) =>
  [...new Set(at.map((place) => samples[place]!.split))].filter((split) => split !== null)

/** Copies, exact or near, that lie in different splits: the model is tested on what it was trained on. */
export const leaks: Finder = {
  kind: 'leak',
  text: (total) =>
    `${plural(total, 'copy is', 'copies are')} in more than one split, so the model is judged on what it has seen. Put copies into one split, or exclude them.`,
  find({ copies, nearPairs, samples }) {
    const exact = copies.map((at) => ({ at, how: 'Identical' }))
    const near = nearPairs
      .filter(({ a, b }) => samples[a]!.content !== samples[b]!.content)
      .map(({ a, b }) => ({ at: [a, b], how: 'Almost the same' }))
    return [...exact, ...near].flatMap(({ at, how }) => {
      const splits = splitsOf(samples, at)
      return splits.length < 2 ? [] : [{ at, why: `${how} in ${splits.join(' and ')}.` }]
    })
  },
}
