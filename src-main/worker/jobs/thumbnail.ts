import { access, writeFile } from 'node:fs/promises'
import { WorkbenchError } from '@shared/errors'
import { makeThumbnail } from '../../ml/decode/picture'
import type { JobHandler } from '../protocol'

const thumbnail: JobHandler<'thumbnail'> = async ({ path, size, out }) => {
  await access(path).catch(() => {
    throw new WorkbenchError('not_found', `The file "${path}" is not there.`)
  })
  const bytes = await makeThumbnail(path, size)
  await writeFile(out, bytes)
  return { sizeBytes: bytes.length }
}

export default thumbnail
