import { randomStream } from '@main/ml/random'
import type { Snapshot, SnapshotSample } from '@main/ml/snapshot'
import type { Split } from '@shared/schemas/dataset'

const splitOf = (i: number): Split => (i % 5 === 3 ? 'validation' : i % 5 === 4 ? 'test' : 'train')
const telling = [
  ['wonderful', 'lovely', 'moving'],
  ['dull', 'tedious', 'awful'],
  ['silent', 'foggy', 'grey'],
]
const filler = ['the', 'film', 'and', 'a', 'story', 'of', 'it', 'was', ',', 'in', 'town']

/** Sentences of 4 to 12 words, one or two of which tell the class. */
export function toyTexts(count = 90, seed = 7): Snapshot {
  const random = randomStream(seed)
  const samples = Array.from({ length: count }, (_, i): SnapshotSample => {
    const target = i % 3
    const words = Array.from({ length: 4 + random.below(9) }, () => filler[random.below(filler.length)]!)
    for (let k = 0; k <= random.below(2); k++) words[random.below(words.length)] = telling[target]![random.below(3)]!
    return { id: i + 1, values: [`${words.join(' ')}.`], target, split: splitOf(Math.floor(i / 3)) }
  })
  return {
    modality: 'text',
    datasetId: 'toy',
    datasetName: 'toy texts',
    classes: ['praise', 'blame', 'weather'],
    positive: null,
    fields: [{ name: 'text', kind: 'text', isSensitive: false }],
    samples,
  }
}
