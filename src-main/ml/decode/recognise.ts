import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { Modality as ModalityId } from '@shared/schemas/dataset'
import { modalities } from '../modalities'
import { extensionOf } from './extension'
import type { Modality, NamedPath } from '../modalities/define'

/** Files of a folder that are looked at to tell what it holds. */
const mostLooked = 500

export interface Recognised {
  modality: Modality
  /** Every kind of data that files of these names can be read as, the one above among them. */
  choices: ModalityId[]
}

/**
 * Tells what kind of data these paths hold: the kind asked for, else one that their content speaks for, else one that their
 * names are enough for. Throws `invalid_input` with what could be read.
 */
export async function recognise(
  paths: string[],
  asked: ModalityId | undefined,
  signal: AbortSignal,
): Promise<Recognised> {
  const named = await Promise.all(paths.map(namedPath))
  const able = modalities.filter((candidate) => candidate.accepts(named))
  const choices = able.map(({ id }) => id)
  if (asked) {
    const chosen = able.find(({ id }) => id === asked)
    if (chosen) return { modality: chosen, choices }
    const { title } = modalities.find(({ id }) => id === asked)!
    throw unreadable(`"${paths[0]}" cannot be read as ${title.toLowerCase()}.`)
  }
  for (const modality of able) if (await modality.recognises?.(paths, signal)) return { modality, choices }
  const modality = able.find((candidate) => !candidate.recognises) ?? able[0]
  if (modality) return { modality, choices }
  // An empty folder, or one of other things: the pictures' reader says best what was expected.
  if (named.every(({ isFolder }) => isFolder))
    return { modality: modalities.find(({ id }) => id === 'image')!, choices: ['image'] }
  throw unreadable(`Cannot tell what "${paths[0]}" is.`)
}

function unreadable(what: string): WorkbenchError {
  const known = modalities.map(({ title, extensions }) => `${title} (${extensions.join(', ')})`).join('; ')
  return new WorkbenchError(
    'invalid_input',
    `${what} Expected a folder with one sub-folder per class, or files of one kind: ${known}.`,
  )
}

async function namedPath(path: string): Promise<NamedPath> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
    throw new WorkbenchError('not_found', `There is no file or folder "${path}". Check the path.`)
  })
  const isFolder = facts.isDirectory()
  return { path, isFolder, extensions: isFolder ? await extensionsIn(path) : new Set([extensionOf(path)]) }
}

/** Extensions of the first files below a folder, level by level. */
async function extensionsIn(folder: string): Promise<Set<string>> {
  const found = new Set<string>()
  const folders = [folder]
  let looked = 0
  for (const next of folders) {
    for (const entry of await readdir(next, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory()) folders.push(join(next, entry.name))
      else if (++looked <= mostLooked) found.add(extensionOf(entry.name))
    }
    if (looked >= mostLooked) break
  }
  return found
}
