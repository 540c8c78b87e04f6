import { throwIfAborted } from '@shared/errors'
import { tf, type Tensor } from '../tf'
import type { SampleAttributionInput } from './define'

/** Copies computed in one pass: more of small samples, and so few of large ones that memory stays bounded. */
const passSize = ({ size }: Tensor) => Math.max(16, Math.min(64, Math.floor(65_536 / size)))

/**
 * Sum of what `pass` gives for `count` copies of a sample, [1, ...shape], a few at a time; other work gets a turn between.
 * `pass` is given the number of copies to compute and the place of the first, and returns their sum, shaped like `like`.
 * Throws `cancelled`. The caller disposes it.
 */
export async function sumOfPasses(
  like: Tensor,
  count: number,
  pass: (size: number, from: number) => Tensor,
  { signal, progress }: Pick<SampleAttributionInput<unknown>, 'signal' | 'progress'>,
): Promise<Tensor> {
  let sum = tf.zerosLike(like)
  const most = passSize(like)
  try {
    for (let from = 0; from < count; from += most) {
      throwIfAborted(signal)
      const size = Math.min(most, count - from)
      const next = tf.tidy(() => sum.add(pass(size, from)))
      sum.dispose()
      sum = next
      progress(from + size, count)
      await new Promise((done) => setImmediate(done))
    }
    return sum
  } catch (error) {
    sum.dispose()
    throw error
  }
}

/** Numbers shaped for `count` copies of a sample so that each scales its copy: [count, 1, …, 1]. */
export const perCopy = (values: number[], like: Tensor): Tensor =>
  tf.tensor(values, [values.length, ...like.shape.slice(1).map(() => 1)])
