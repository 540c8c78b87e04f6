import sharp from 'sharp'
import { augmentationOf, augmentInto } from '../../ml/encode/augment'
import { decodePicture, fitPictures, pictureShape } from '../../ml/encode/pictures'
import { makePlan } from '../../ml/plan'
import { mixSeeds, randomStream } from '../../ml/random'
import type { RunParams } from '../../ml/settings'
import type { JobHandler } from '../protocol'

/** Small pictures are enlarged by whole factors up to about this, so that a browser need not blur them. */
const shownSide = 128

/** The first picture is the original as the network sees it; the others are drawn as training would draw them. */
const augmentPreview: JobHandler<'augment-preview'> = async ({ family, params: asked, path, snapshot, count }) => {
  const params = makePlan(family, asked, undefined, snapshot).params as RunParams
  const { imageSize, colour, maskRegions } = params
  const encoding = fitPictures(snapshot.picture ? [snapshot.picture] : [], imageSize, colour, maskRegions)
  const bytes = new Uint8Array(await decodePicture(path, encoding))
  const shape = pictureShape(encoding) as [number, number, number]
  const augmentation = augmentationOf({ ...params, augment: true })!
  const images = [await toPng(bytes, shape)]
  for (let i = 1; i < count; i++) {
    const changed = new Float32Array(bytes.length)
    augmentInto(changed, 0, bytes, 0, shape, augmentation, randomStream(mixSeeds(params.seed), i))
    images.push(
      await toPng(
        Uint8Array.from(changed, (value) => Math.round(value * 255)),
        shape,
      ),
    )
  }
  return { images }
}

async function toPng(bytes: Uint8Array, [height, width, channels]: [number, number, number]): Promise<string> {
  const factor = Math.max(1, Math.round(shownSide / Math.max(width, height)))
  const png = await sharp(bytes, { raw: { width, height, channels: channels as 1 | 3 } })
    .resize(width * factor, height * factor, { kernel: 'nearest' })
    .png()
    .toBuffer()
  return `data:image/png;base64,${png.toString('base64')}`
}

export default augmentPreview
