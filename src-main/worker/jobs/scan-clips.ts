import { readClip } from '../../ml/decode/clip'
import { UnreadableClip } from '../../ml/audio/clip'
import { findClips, notAClip } from '../../ml/modalities/audio'
import type { JobHandler } from '../protocol'
import { scanFiles } from '../scan-files'

/** Decodes every clip below `paths`; those that cannot be read are reported with the reason, in the files' order. */
const scanClips: JobHandler<'scan-clips'> = async ({ paths }, { signal, report }) => {
  const onFound = (count: number) => report({ pictures: [], skipped: [], done: 0, total: count })
  const { root, clips, others } = await findClips(paths, signal, onFound)
  const isUnreadable = (error: unknown) => error instanceof UnreadableClip
  await scanFiles(clips, others.map(notAClip), { read: readClip, isUnreadable }, { signal, report })
  return { total: clips.length, root }
}

export default scanClips
