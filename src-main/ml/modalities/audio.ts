import { basename, extname } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import { clipExtensions } from '@shared/file-kinds'
import { compareNatural } from '@shared/natural-order'
import { Split } from '@shared/schemas/dataset'
import { extensionOf } from '../decode/extension'
import { placeFiles, type Place } from '../decode/folder-layout'
import { pictureExtensions } from '../decode/picture'
import { findFiles, type FoundFile } from '../decode/walk'
import { defineModality } from './define'

const isClip = ({ path }: { path: string }) => clipExtensions.includes(extensionOf(path))

export interface FoundClips {
  root: string
  clips: (FoundFile & Place)[]
  others: FoundFile[]
  /** Classes come from the beginnings of the files' names. */
  isNamed: boolean
}

/** Lists the clips below `paths` with the class and split that their folders, or else their names, give. */
export async function findClips(
  paths: string[],
  signal: AbortSignal,
  onFound?: (count: number) => void,
): Promise<FoundClips> {
  const { root, files } = await findFiles(paths, signal, onFound)
  const clips = files.filter(isClip)
  if (clips.length === 0)
    throw new WorkbenchError(
      'invalid_input',
      `"${paths[0]}" holds no clips. Expected WAV, FLAC, MP3 or Ogg files, best one sub-folder per class.`,
    )
  const places = placeFiles(clips.map((file) => (file.isLoose ? basename(file.path) : file.relative)))
  const names = places.every(({ className }) => className === null) ? classesOfNames(clips) : null
  return {
    root,
    clips: clips.map((file, at) => ({ ...file, ...places[at]!, ...(names && { className: names[at]! }) })),
    others: files.filter((file) => !isClip(file)),
    isNamed: names !== null,
  }
}

/** `7_jackson_32.wav` is of class 7 where every name has such parts and each first part stands on several files. */
function classesOfNames(clips: FoundFile[]): string[] | null {
  const names = clips.map(({ path }) => /^([^_]+)_.*\d+$/.exec(basename(path, extname(path)))?.[1] ?? null)
  if (names.some((name) => name === null)) return null
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name!, (counts.get(name!) ?? 0) + 1)
  return counts.size >= 2 && [...counts.values()].every((count) => count >= 2) ? (names as string[]) : null
}

export const notAClip = ({ relative, path }: FoundFile) => ({
  path: relative,
  reason: `Not a clip that is read, by its name (${extname(path) || 'no extension'}; expected WAV, FLAC, MP3 or Ogg).`,
})

/** Clips of sound in a folder: one sub-folder per class, or loose ones to label here. */
export default defineModality({
  id: 'audio',
  title: 'Audio clips',
  extensions: clipExtensions,
  viewer: 'audio',
  labelKinds: ['class'],

  accepts: (paths) =>
    paths.every(
      ({ extensions }) =>
        clipExtensions.some((one) => extensions.has(one)) && !pictureExtensions.some((one) => extensions.has(one)),
    ),

  async inspect(paths, { signal, progress }) {
    const { root, clips, others, isNamed } = await findClips(paths, signal, (count) => progress(count, null))
    const counts = new Map<string, number>()
    for (const { className } of clips) if (className !== null) counts.set(className, (counts.get(className) ?? 0) + 1)
    const unlabelled = clips.filter(({ className }) => className === null).length
    const notes: string[] = []
    if (counts.size === 0) notes.push('The clips lie loose, so they have no class yet; label them after the import.')
    else if (unlabelled > 0) notes.push(`${unlabelled} clips lie beside the class folders and have no class yet.`)
    if (isNamed)
      notes.push('The clips lie in one folder: the part of their names before the first "_" was taken as their class.')
    const splits = Split.options.filter((split) => clips.some((clip) => clip.split === split))
    if (splits.length > 0) notes.push(`The folders ${splits.join(', ')} were taken as fixed splits.`)
    return {
      modality: 'audio',
      choices: ['audio'],
      suggestedName: basename(root) || 'Clips',
      sampleCount: clips.length,
      classes: [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => compareNatural(a.name, b.name)),
      splits,
      fields: [],
      head: [],
      suggestedTarget: null,
      notes,
      skipped: others.slice(0, 200).map(notAClip),
    }
  },
})
