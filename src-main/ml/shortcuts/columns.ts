import { tf } from '../tf'
import { randomStream, shuffled } from '../random'
import { largest, type Candidate, type Lens, type LookedAt } from './lens'

const mostFields = 100

/**
 * Columns of a table: a field is masked by giving each sample its value of another sample, drawn at random (permutation,
 * Breiman 2001), so that all its encoded columns stay as they occur.
 */
export async function columnLens({ trained, inputs, targets, signal, progress }: LookedAt): Promise<Lens> {
  const tensor = await trained.encode(inputs, signal)
  const encoded = await tensor.data<'float32'>()
  const size = trained.inputShape[0]!
  const shares = trained.meta.classes.map((_, target) => fieldShares(target))
  tensor.dispose()
  progress(1)
  const fields = trained.fields!
  const candidates = fields.map(({ name }, k): Candidate => {
    const target = shares.reduce((best, share, at) => (share[k]! > shares[best]![k]! ? at : best), 0)
    return { key: name, title: `“${name}”`, share: shares[target]![k]!, target, mask: { maskFields: name } }
  })
  const columnsOf = new Map(fields.map(({ name, columns }) => [name, columns]))
  const order = shuffled(inputs.length, randomStream(11))
  const all = Array.from({ length: inputs.length }, (_, i) => i)
  const takenFrom = ({ key }: Candidate, indices: number[], donor: (i: number) => number) => {
    const batch = new Float32Array(indices.length * size)
    indices.forEach((index, i) => {
      batch.set(encoded.subarray(index * size, (index + 1) * size), i * size)
      for (const column of columnsOf.get(key)!) batch[i * size + column] = encoded[donor(i) * size + column]!
    })
    return batch
  }
  return {
    kind: 'field',
    encoded,
    candidates: largest(candidates, mostFields, ({ share }) => share),
    having: () => all,
    without: (candidate, indices) => takenFrom(candidate, indices, (i) => order[indices[i]!]!),
    given: (candidate, indices, donors) => takenFrom(candidate, indices, (i) => donors[i]!),
    how: { without: 'taken from other samples at random', given: 'given to' },
  }

  /** Share of gradient times distance from the mean that lies in each field, over the samples of a class. */
  function fieldShares(target: number): number[] {
    const gradients = tf.tidy(() => trained.gradient(tensor, target).dataSync()) as Float32Array
    const mean = new Float32Array(size)
    for (let i = 0; i < encoded.length; i++) mean[i % size]! += encoded[i]! / inputs.length
    const amounts = trained.fields!.map(({ columns }) => {
      let sum = 0
      for (let i = 0; i < inputs.length; i++) {
        if (targets[i] !== target) continue
        const terms = columns.map((c) => gradients[i * size + c]! * (encoded[i * size + c]! - mean[c]!))
        sum += Math.abs(terms.reduce((all, each) => all + each, 0))
      }
      return sum
    })
    const total = amounts.reduce((all, each) => all + each, 0)
    return amounts.map((amount) => (total > 0 ? amount / total : 0))
  }
}
