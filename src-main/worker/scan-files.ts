import { throwIfAborted } from '@shared/errors'
import type { Skipped } from '@shared/schemas/dataset'
import type { Place } from '../ml/decode/folder-layout'
import type { FoundFile } from '../ml/decode/walk'
import { inFlight } from './in-flight'
import type { JobContext, ScannedPicture } from './protocol'

const filesAtOnce = 8
const batchSize = 250
const reportEveryMs = 200

type Facts = Omit<ScannedPicture, 'path' | 'className' | 'split'>

/** Reads every file; those that cannot be read (`isUnreadable`) are reported with the reason, in the files' order. */
export async function scanFiles(
  found: (FoundFile & Place)[],
  skippedAlready: Skipped[],
  { read, isUnreadable }: { read(path: string): Promise<Facts>; isUnreadable(error: unknown): error is Error },
  { signal, report }: Pick<JobContext<'scan-pictures'>, 'signal' | 'report'>,
): Promise<void> {
  const total = found.length
  let pictures: ScannedPicture[] = []
  let skipped = skippedAlready
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
    return read(path).catch((error: unknown) => {
      if (isUnreadable(error)) return error
      throw error
    })
  })
  for await (const { item, result } of results) {
    done++
    if (result instanceof Error) skipped.push({ path: item.relative, reason: result.message })
    else pictures.push({ path: item.path, className: item.className, split: item.split, ...result })
    const isFull = pictures.length + skipped.length >= batchSize
    if (isFull || Date.now() - reportedAt > reportEveryMs) flush(done)
  }
  flush(done)
}
