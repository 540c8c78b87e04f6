import { throwIfAborted } from '@shared/errors'
import { mixSeeds } from '../../random'
import { tf } from '../../tf'
import { defineCheck, mean, said, verdictOf } from './define'

/** Largest change of a value as a share of the range of the sample's values: 2.5 of 255 shades. */
const radius = 0.01
const copies = 8

/**
 * Change of the map as a share of its own size. Two maps that have nothing to do with each other differ by 0.7 to 0.85
 * of their size where they hold sizes only, by 1.4 where they have signs.
 */
const limits: [number, number] = [0.7, 1]

const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))

/** |a - b| / |a|, Euclidean; 0 for two empty maps. */
export function relativeChange(before: Float64Array, after: Float64Array): number {
  const size = norm(before)
  const change = norm(before.map((value, i) => after[i]! - value))
  return size > 0 ? change / size : change > 0 ? 1 : 0
}

/** The largest change of the map under noise too small to see (max-sensitivity, Yeh et al. 2019). */
export default defineCheck({
  id: 'noise',
  title: 'Holds still',
  question: 'Does noise too small to see leave the map as it is?',
  reference: 'https://arxiv.org/abs/1901.09392',
  concerns: () => true,
  async run({ input, attribute, signal, progress }) {
    const before = await attribute({})
    const changes: number[] = []
    for (let copy = 0; copy < copies; copy++) {
      throwIfAborted(signal)
      const noisy = tf.tidy(() => {
        const reach = input.max().sub(input.min()).mul(radius)
        return input.add(tf.randomUniform(input.shape, -1, 1, 'float32', mixSeeds(5, copy)).mul(reach))
      })
      try {
        changes.push(relativeChange(before, await attribute({ input: noisy })))
      } finally {
        noisy.dispose()
      }
      progress(copy + 1, copies)
    }
    const value = Math.max(...changes)
    const verdict = verdictOf(value, limits)
    const judged = {
      passes: 'The map holds still.',
      doubtful: 'The map is unsteady: read its large shapes, not its details.',
      fails: 'The map falls apart under noise: another picture that looks the same would get another map.',
    }[verdict]
    return {
      verdict,
      value,
      low: Math.min(...changes),
      high: value,
      text: `Random noise of at most ${100 * radius} % of the sample's range was added ${copies} times; the map changed by up to ${said(value)} of its size (on average ${said(mean(changes))}). ${judged}`,
      figures: [
        { name: 'largest change', value },
        { name: 'mean change', value: mean(changes) },
      ],
    }
  },
})
