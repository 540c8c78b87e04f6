import { basename, extname } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import { tableFormatNames } from '@shared/file-kinds'
import { compareNatural } from '@shared/natural-order'
import { Split, type Inspection } from '@shared/schemas/dataset'
import { placeFiles, type Place } from '../decode/folder-layout'
import { pictureExtensions } from '../decode/picture'
import { findFiles, type Found, type FoundFile } from '../decode/walk'
import { defineModality } from './define'

const isPicture = (path: string) => pictureExtensions.includes(extname(path).slice(1).toLowerCase())

export interface FoundPictures {
  root: string
  pictures: (FoundFile & Place)[]
  /** Files whose names say that they are something else. */
  others: FoundFile[]
}

/** Lists the pictures below `paths` with the class and split that their folders give; nothing is decoded yet. */
export async function findPictures(
  paths: string[],
  signal: AbortSignal,
  onFound?: (count: number) => void,
): Promise<FoundPictures> {
  const { root, files } = await findFiles(paths, signal, onFound)
  const pictures = files.filter(({ path }) => isPicture(path))
  if (pictures.length === 0) throw noPictures(paths, files)
  const places = placeFiles(pictures.map((file) => (file.isLoose ? basename(file.path) : file.relative)))
  return {
    root,
    pictures: pictures.map((file, at) => ({ ...file, ...places[at]! })),
    others: files.filter(({ path }) => !isPicture(path)),
  }
}

function noPictures(paths: string[], files: Found['files']): WorkbenchError {
  const what = files.length === 0 ? 'is empty' : `holds ${files.length} files, none of them a picture`
  const where = paths.length === 1 ? `"${paths[0]}"` : 'What you chose'
  return new WorkbenchError(
    'invalid_input',
    `${where} ${what}. Expected pictures (${pictureExtensions.join(', ')}), best one sub-folder per class, or a table (${tableFormatNames}).`,
  )
}

export const notAPicture = ({ relative, path }: FoundFile) => ({
  path: relative,
  reason: `Not a picture by its name (${extname(path) || 'no extension'}).`,
})

/** Pictures in a folder: one sub-folder per class, or loose ones to label here. */
export default defineModality({
  id: 'image',
  title: 'Pictures',
  extensions: pictureExtensions,
  viewer: 'image',
  labelKinds: ['class'],

  accepts: (paths) => paths.every(({ extensions }) => pictureExtensions.some((one) => extensions.has(one))),

  async inspect(paths, { signal, progress }): Promise<Inspection> {
    const { root, pictures, others } = await findPictures(paths, signal, (count) => progress(count, null))
    const counts = new Map<string, number>()
    let unlabelled = 0
    for (const { className } of pictures) {
      if (className === null) unlabelled++
      else counts.set(className, (counts.get(className) ?? 0) + 1)
    }
    const splits = Split.options.filter((split) => pictures.some((picture) => picture.split === split))
    const notes: string[] = []
    if (counts.size === 0) notes.push('The pictures lie loose, so they have no class yet; label them after the import.')
    else if (unlabelled > 0) notes.push(`${unlabelled} pictures lie beside the class folders and have no class yet.`)
    if (counts.size === 1) notes.push('All labelled pictures are of one class; training needs at least two.')
    if (splits.length > 0) notes.push(`The folders ${splits.join(', ')} were taken as fixed splits.`)
    return {
      modality: 'image',
      choices: ['image'],
      suggestedName: basename(root) || 'Pictures',
      sampleCount: pictures.length,
      classes: [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => compareNatural(a.name, b.name)),
      splits,
      fields: [],
      head: [],
      suggestedTarget: null,
      notes,
      skipped: others.slice(0, 200).map(notAPicture),
    }
  },
})
