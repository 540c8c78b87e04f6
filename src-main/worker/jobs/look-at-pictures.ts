import { throwIfAborted } from '@shared/errors'
import { lookAt } from '../../ml/quality/look'
import { nearPairs } from '../../ml/quality/near-pairs'
import { inFlight } from '../in-flight'
import type { JobHandler } from '../protocol'

const filesAtOnce = 8
const reportEvery = 100

/** Decodes pictures for their contrast and sharpness, and finds those that look almost the same. */
const lookAtPictures: JobHandler<'look-at-pictures'> = async ({ files }, { signal, report }) => {
  const looks = []
  const look = async (path: string) => {
    throwIfAborted(signal)
    return lookAt(path).catch(() => null) // missing or damaged since: told as unreadable
  }
  for await (const { result } of inFlight(files, filesAtOnce, look)) {
    looks.push(result)
    if (looks.length % reportEvery === 0) report({ done: looks.length, total: files.length })
  }
  return {
    pictures: looks.map((found) => found && { deviation: found.deviation, sharpness: found.sharpness }),
    pairs: await nearPairs(looks, signal),
  }
}

export default lookAtPictures
