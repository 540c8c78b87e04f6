import { readFile } from 'node:fs/promises'
import { WorkbenchError } from '@shared/errors'
import type { Workbench } from '../workbench'

const mostIds = 100
const mostPixels = 512

/**
 * Many small pictures in one answer, for a gallery that scrolls faster than a browser can ask for each: a line per id of
 * `ids=4,8,15`, in that order, with a data URL of at most `size` pixels a side; empty where a picture cannot be read.
 */
export async function samplePictures(
  workbench: Pick<Workbench, 'sampleFile'>,
  query: URLSearchParams,
): Promise<string> {
  const ids = query.get('ids') ?? ''
  const size = query.get('size') ?? ''
  if (!/^\d{1,15}(,\d{1,15})*$/.test(ids) || ids.split(',').length > mostIds)
    throw new WorkbenchError('invalid_input', `Expected 1 to ${mostIds} sample ids with commas between them.`)
  if (!/^\d{1,3}$/.test(size) || Number(size) > mostPixels)
    throw new WorkbenchError('invalid_input', `Expected a size of at most ${mostPixels} pixels, got "${size}".`)
  const read = async (id: string): Promise<string> => {
    const { path, contentType } = await workbench.sampleFile(Number(id), Number(size))
    return `data:${contentType};base64,${await readFile(path, 'base64')}`
  }
  const lines = await Promise.all(ids.split(',').map((id) => read(id).catch(() => '')))
  return lines.join('\n')
}
