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
  seed: z.int().min(0).default(1).meta({
    title: 'Seed',
    description: 'The same seed shuffles in the same way.',
    group: 'Shuffling',
    advanced: true,
  }),
})

/** Drop in accuracy when a field's values are shuffled among the samples, which cuts its tie to the truth. */
export default defineDatasetAttribution({
  id: 'permutation-importance',
  title: 'Permutation importance',
  summary: 'How much accuracy is lost when one field is shuffled among all samples: what the model leans on overall.',
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
    const accuracyOf = async (values: Float32Array): Promise<number> => {
      const output: Tensor = tf.tidy(() => probabilities(tf.tensor2d(values, [count, width])))
      const classes = output.shape[1]!
      const answers = await output.data()
      output.dispose()
      const right = targets.filter(
        (target, i) => argMax(answers.subarray(i * classes, (i + 1) * classes)) === target,
      ).length
      return right / count
    }
    const score = await accuracyOf(original as Float32Array)
    const random = randomStream(params.seed)
    const results: { name: string; mean: number; low: number; high: number }[] = []
    for (const [index, { name, columns }] of fields.entries()) {
      const drops: number[] = []
      for (let repeat = 0; repeat < params.repeats; repeat++) {
        throwIfAborted(signal)
        const order = shuffled(count, random)
        const values = Float32Array.from(original)
        for (let i = 0; i < count; i++)
          for (const column of columns) values[i * width + column] = original[order[i]! * width + column]!
        drops.push(score - (await accuracyOf(values)))
      }
      const mean = drops.reduce((sum, drop) => sum + drop, 0) / drops.length
      results.push({ name, mean, low: Math.min(...drops), high: Math.max(...drops) })
      progress(index + 1, fields.length)
      await new Promise((done) => setImmediate(done))
    }
    results.sort((a, b) => b.mean - a.mean)
    return { scoreName: 'accuracy', score, fields: results }
  },
})
