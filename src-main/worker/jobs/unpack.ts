import { extname } from 'node:path'
import { isTableName } from '@shared/file-kinds'
import { unpackArchive } from '../../ml/decode/archive'
import { pictureExtensions } from '../../ml/decode/picture'
import type { JobHandler } from '../protocol'

const unpack: JobHandler<'unpack'> = async ({ path, out }, { signal, report }) => {
  let reportedAt = 0
  const files = await unpackArchive(path, out, signal, (done, total) => {
    if (Date.now() - reportedAt < 200) return
    reportedAt = Date.now()
    report({ done, total })
  })
  return { files: files.length, table: onlyTable(files) }
}

/** The one table among files that are no pictures (a README.txt beside it is not meant). */
function onlyTable(files: string[]): string | null {
  if (files.some((file) => pictureExtensions.includes(extname(file).slice(1).toLowerCase()))) return null
  const tables = files.filter(isTableName)
  const sure = tables.filter((file) => !/\.txt$/i.test(file))
  const [only, second] = sure.length > 0 ? sure : tables
  return second === undefined ? (only ?? null) : null
}

export default unpack
