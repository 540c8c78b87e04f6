import { plural, type Finder } from './define'

const shareOfLargest = 0.1
const fewestSamples = 10

/** Classes that are rare beside the largest, or too small to be learnt and tested at all. */
export const classImbalance: Finder = {
  kind: 'imbalance',
  text: (total) =>
    `${plural(total, 'class is', 'classes are')} rare. A model can do well overall and never find them; label more, or turn class weights on.`,
  find({ samples, classNames }) {
    const members = new Map([...classNames.keys()].map((id) => [id, [] as number[]]))
    samples.forEach(({ classId }, place) => classId !== null && members.get(classId)?.push(place))
    const largest = Math.max(0, ...[...members.values()].map((at) => at.length))
    if (largest === 0) return []
    return [...members]
      .filter(([, at]) => at.length < fewestSamples || at.length < largest * shareOfLargest)
      .sort((a, b) => a[1].length - b[1].length)
      .map(([id, at]) => ({
        at: at.slice(0, 50),
        why: `"${classNames.get(id)}" has ${plural(at.length, 'sample')}; the largest class has ${largest}.`,
      }))
  },
}
