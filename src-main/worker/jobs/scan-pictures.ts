import { readPicture, UnreadablePicture } from '../../ml/decode/picture'
import { findPictures, notAPicture } from '../../ml/modalities/image'
import type { JobHandler } from '../protocol'
import { scanFiles } from '../scan-files'

/** Decodes every picture below `paths`; those that cannot be read are reported with the reason, in the files' order. */
const scanPictures: JobHandler<'scan-pictures'> = async ({ paths }, { signal, report }) => {
  const onFound = (count: number) => report({ pictures: [], skipped: [], done: 0, total: count })
  const { root, pictures, others } = await findPictures(paths, signal, onFound)
  const isUnreadable = (error: unknown) => error instanceof UnreadablePicture
  await scanFiles(pictures, others.map(notAPicture), { read: readPicture, isUnreadable }, { signal, report })
  return { total: pictures.length, root }
}

export default scanPictures
