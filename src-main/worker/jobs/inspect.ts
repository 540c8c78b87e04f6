import { stat } from 'node:fs/promises'
import { WorkbenchError } from '@shared/errors'
import { modalities } from '../../ml/modalities'
import type { JobHandler } from '../protocol'

/** Says what an import of these paths would bring. */
const inspect: JobHandler<'inspect'> = async ({ paths }, { signal, report }) => {
  const named = await Promise.all(paths.map(async (path) => ({ path, isFolder: await isFolder(path) })))
  const modality = modalities.find((candidate) => candidate.accepts(named))
  if (modality) return modality.inspect(paths, { signal, progress: (done, total) => report({ done, total }) })
  const known = modalities.map(({ title, extensions }) => `${title} (${extensions.join(', ')})`).join('; ')
  throw new WorkbenchError(
    'invalid_input',
    `Cannot tell what "${named[0]!.path}" is. Expected a folder of pictures, picture files, or one table: ${known}.`,
  )
}

async function isFolder(path: string): Promise<boolean> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
    throw new WorkbenchError('not_found', `There is no file or folder "${path}". Check the path.`)
  })
  return facts.isDirectory()
}

export default inspect
