import { z } from 'zod'
import { throwIfAborted } from '@shared/errors'
import { breathe } from '../evaluate'
import { randomStream, type Random } from '../random'
import { tf, type TensorFlow } from '../tf'
import { defineAttribution } from './define'

const Params = z.object({
  samples: z.int().min(64).max(65_536).default(2000).meta({
    title: 'Masks',
    description: 'How many random masks the picture is seen through; more are slower and vary less.',
    group: 'Masks',
  }),
  cells: z.int().min(2).max(32).default(7).meta({
    title: 'Cells',
    description: 'Squares along each side of a mask before it is smoothed; few show whole parts.',
    group: 'Masks',
  }),
  share: z.number().min(0.1).max(0.9).default(0.5).meta({
    title: 'Share shown',
    description: 'Share of the squares that a mask lets through.',
    group: 'Masks',
  }),
  seed: z.int().min(0).default(1).meta({
    title: 'Seed',
    description: 'Draws the masks; the same seed gives the same map.',
    group: 'Masks',
    advanced: true,
  }),
})

const batch = 32

/**
 * `count` smooth masks [count, height, width, 1]: a coarse grid of ones and zeros, stretched bilinearly to one cell more than
 * the picture and cut out at a random place.
 */
function drawMasks(
  count: number,
  [height, width]: [number, number],
  { cells, share }: z.infer<typeof Params>,
  random: Random,
): TensorFlow.Tensor4D {
  const side = cells + 1
  const cell: [number, number] = [Math.ceil(height / cells), Math.ceil(width / cells)]
  const grids = Float32Array.from({ length: count * side * side }, () => Number(random.uniform() < share))
  return tf.tidy(() => {
    const large = tf.image.resizeBilinear(
      tf.tensor4d(grids, [count, side, side, 1]),
      [side * cell[0], side * cell[1]],
      false,
      true,
    )
    const cut = Array.from({ length: count }, (_, i) =>
      tf.slice(large, [i, random.below(cell[0]), random.below(cell[1]), 0], [1, height, width, 1]),
    )
    return tf.concat(cut)
  })
}

/**
 * The class's mean logit over masks that show a pixel, less the mean over all masks. The paper divides by the expected
 * mask; dividing by the masks that were drawn has the same limit and less spread.
 */
export default defineAttribution({
  id: 'rise',
  title: 'RISE',
  summary:
    "How much higher the class's score (its logit) is when a pixel shows through a random mask: needs nothing of the network but its answers.",
  reference: 'https://arxiv.org/abs/1806.07421',
  params: Params,
  modalities: ['image'],
  families: [],
  scope: 'sample',
  signed: true,
  complete: false,
  coarse: (params) => ({ ...params, samples: Math.min(params.samples, 256) }),
  async attribute({ input, baseline, target, params, logits, signal, progress }) {
    const size: [number, number] = [input.shape[1]!, input.shape[2]!]
    const random = randomStream(params.seed)
    const pixels = size[0] * size[1]
    const [weighed, shown] = [new Float64Array(pixels), new Float64Array(pixels)]
    let total = 0
    for (let from = 0; from < params.samples; from += batch) {
      throwIfAborted(signal)
      const count = Math.min(batch, params.samples - from)
      const masks = drawMasks(count, size, params, random)
      const found = tf.tidy(() => logits(baseline.add(masks.mul(input.sub(baseline)))).slice([0, target], [-1, 1]))
      const [values, scores] = await Promise.all([masks.data<'float32'>(), found.data<'float32'>()])
      tf.dispose([masks, found])
      scores.forEach((score, i) => {
        total += score
        for (let pixel = 0; pixel < pixels; pixel++) {
          const opacity = values[i * pixels + pixel]!
          weighed[pixel]! += score * opacity
          shown[pixel]! += opacity
        }
      })
      progress(from + count, params.samples)
      await breathe()
    }
    const mean = total / params.samples
    const map = Float32Array.from(weighed, (sum, pixel) => (shown[pixel]! > 0 ? sum / shown[pixel]! - mean : 0))
    return tf.tensor(map, size)
  },
})
