import { throwIfAborted } from '@shared/errors'
import type { Skipped } from '@shared/schemas/dataset'
import { readPicture, UnreadablePicture } from '../../ml/decode/picture'
import { findPictures, notAPicture } from '../../ml/modalities/image'
import { inFlight } from '../in-flight'
import type { JobHandler, ScannedPicture } from '../protocol'

const filesAtOnce = 8
const batchSize = 250
const reportEveryMs = 200

/** Decodes every picture below `paths`; those that cannot be read are reported with the reason, in the files' order. */
const scanPictures: JobHandler<'scan-pictures'> = async ({ paths }, { signal, report }) => {
  const {
    root,
    pictures: found,
    others,
  } = await findPictures(paths, signal, (count) => report({ pictures: [], skipped: [], done: 0, total: count }))
  const total = found.length
  let pictures: ScannedPicture[] = []
  let skipped: Skipped[] = others.map(notAPicture)
  let reportedAt = Date.now()
  const flush = (done: number) => {
    report({ pictures, skipped, done, total })
    pictures = []
    skipped = []
    reportedAt = Date.now()
  }
  let done = 0
  const results = inFlight(found, filesAtOnce, async ({ path }) => {
    throwIfAborted(signal)
    return readPicture(path).catch((error) => {
      if (error instanceof UnreadablePicture) return error
      throw error
    })
  })
  for await (const { item, result } of results) {
    done++
    if (result instanceof UnreadablePicture) skipped.push({ path: item.relative, reason: result.message })
    else pictures.push({ path: item.path, className: item.className, split: item.split, ...result })
    const isFull = pictures.length + skipped.length >= batchSize
    if (isFull || Date.now() - reportedAt > reportEveryMs) flush(done)
  }
  flush(done)
  return { total, root }
}

export default scanPictures
