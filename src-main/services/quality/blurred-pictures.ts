import { plural, type Finder } from './define'

/** Sharpness has no absolute measure: a picture is blurred against the others of its dataset. */
const shareOfMedian = 0.05
const fewestPictures = 10

/** Pictures with far less fine detail than the median of the dataset (variance of the Laplacian). */
export const blurredPictures: Finder = {
  kind: 'blurred',
  text: (total) => `${plural(total, 'picture')} with far less detail than the others: out of focus, moved or enlarged.`,
  find({ samples }) {
    const sharp = samples.flatMap(({ sharpness, deviation }, place) =>
      sharpness === null || (deviation ?? 0) < 2 ? [] : [{ place, sharpness }],
    )
    if (sharp.length < fewestPictures) return []
    sharp.sort((a, b) => a.sharpness - b.sharpness)
    const median = sharp[Math.floor(sharp.length / 2)]!.sharpness
    return sharp
      .filter(({ sharpness }) => sharpness < median * shareOfMedian)
      .map(({ place, sharpness }) => ({
        at: [place],
        why: `Its detail is ${((100 * sharpness) / median).toFixed(1)} % of the median.`,
      }))
  },
}
