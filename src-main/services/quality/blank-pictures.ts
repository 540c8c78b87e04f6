import { plural, type Finder } from './define'

/** Grey levels of 0-255; below, nothing can be told apart by eye. */
const leastDeviation = 2

/** Pictures of a single tone: a covered lens, a failed download, an empty scan. */
export const blankPictures: Finder = {
  kind: 'blank',
  text: (total) => `${plural(total, 'picture')} of a single tone, in which there is nothing to learn.`,
  find: ({ samples }) =>
    samples
      .flatMap(({ deviation }, place) =>
        deviation !== null && deviation < leastDeviation ? [{ place, deviation }] : [],
      )
      .sort((a, b) => a.deviation - b.deviation)
      .map(({ place, deviation }) => ({
        at: [place],
        why: `Its grey values differ by ${deviation.toFixed(2)} of 255.`,
      })),
}
