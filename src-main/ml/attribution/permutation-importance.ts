import { z } from 'zod'
import { throwIfAborted } from '@shared/errors'
import { argMax } from '@shared/metrics/classification'
import { randomStream, shuffled } from '../random'
import { tf, type Tensor } from '../tf'
import { defineDatasetAttribution } from './define'

const Params = z.object({
  repeats: z.int().min(1).max(100).default(10).meta({
    title: 'Repeats',
    description: 'How often each field is shuffled; the whisker shows the spread over the repeats.',
    group: 'Shuffling',
  }),
  score: z.enum(['accuracy', 'log likelihood']).default('accuracy').meta({
    title: 'Score',
    description:
      'What drops: the share of right answers, or the log likelihood (minus the log loss), which also sees them grow less sure.',
    group: 'Shuffling',
  }),
  seed: z.int().min(0).default(1).meta({
    title: 'Seed',
    description: 'The same seed shuffles in the same way.',
    group: 'Shuffling',
    advanced: true,
  }),
})

/** Samples computed in one pass. */
const batch = 4096

/** What one sample's probabilities [classes] add to the score; log likelihood in nats. */
const scores = {
  accuracy: (row: Float32Array, target: number) => Number(argMax(row) === target),
  'log likelihood': (row: Float32Array, target: number) => Math.log(Math.max(row[target]!, Number.EPSILON)),
}

/**
 * Drop in the score when a field's values are shuffled among the samples, which cuts its tie to the truth. `low` and `high` are the smallest and largest of the repeats.
 */
export default defineDatasetAttribution({
  id: 'permutation-importance',
  title: 'Permutation importance',
  summary:
    'How much worse the answers get when one field is shuffled among all samples: what the model leans on overall.',
  reference: 'https://jmlr.org/papers/v20/18-760.html',
  params: Params,
  modalities: ['table'],
  families: [],
  scope: 'dataset',
  signed: true,
  complete: false,
  async attribute({ probabilities, inputs, targets, fields, params, signal, progress }) {
    const [count, width] = inputs.shape as [number, number]
    const original = await inputs.data<'float32'>()
    const scoreOf = async (values: Float32Array): Promise<number> => {
      let sum = 0
      for (let from = 0; from < count; from += batch) {
        throwIfAborted(signal)
        const part = values.subarray(from * width, (from + batch) * width)
        const output: Tensor = tf.tidy(() => probabilities(tf.tensor2d(part, [part.length / width, width])))
        const classes = output.shape[1]!
        const answers = await output.data<'float32'>()
        output.dispose()
        for (let i = 0; i < part.length / width; i++)
          sum += scores[params.score](answers.subarray(i * classes, (i + 1) * classes), targets[from + i]!)
        await new Promise((done) => setImmediate(done))
      }
      return sum / count
    }
    const score = await scoreOf(original)
    const random = randomStream(params.seed)
    const results: { name: string; mean: number; low: number; high: number }[] = []
    for (const [index, { name, columns }] of fields.entries()) {
      const drops: number[] = []
      for (let repeat = 0; repeat < params.repeats; repeat++) {
        const values = shuffledColumns(original, width, columns, shuffled(count, random))
        drops.push(score - (await scoreOf(values)))
      }
      const mean = drops.reduce((sum, drop) => sum + drop, 0) / drops.length
      results.push({ name, mean, low: Math.min(...drops), high: Math.max(...drops) })
      progress(index + 1, fields.length)
    }
    results.sort((a, b) => b.mean - a.mean)
    return { scoreName: params.score, score, fields: results }
  },
})

/** A copy of [n, width] whose `columns` come, all together, from the rows in another order. */
function shuffledColumns(original: Float32Array, width: number, columns: number[], order: Int32Array): Float32Array {
  const values = Float32Array.from(original)
  order.forEach((from, i) => {
    for (const column of columns) values[i * width + column] = original[from * width + column]!
  })
  return values
}
