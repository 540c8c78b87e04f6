import { plural, type Finder } from './define'

/** Pictures that look the same but are not the same file: another size, format or brightness. */
export const nearDuplicates: Finder = {
  kind: 'near-duplicate',
  text: (total) =>
    `${plural(total, 'pair')} of pictures that look almost the same. Copies in another size or format make results look better than they are.`,
  find: ({ nearPairs, samples }) =>
    nearPairs
      .filter(({ a, b }) => samples[a]!.content !== samples[b]!.content)
      .sort((a, b) => b.likeness - a.likeness)
      .map(({ a, b, likeness }) => ({
        at: [a, b],
        why: `Alike to ${(likeness * 100).toFixed(1)} %${samples[a]!.classId === samples[b]!.classId ? '' : ', labelled differently'}.`,
      })),
}
