import { readdir, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import { compareNatural } from '@shared/natural-order'

export interface FoundFile {
  path: string
  /** Relative to the root, with `/` on every system. */
  relative: string
  /** Named by itself, not found in a folder. */
  isLoose: boolean
}

export interface Found {
  /** What relative paths count from: the one folder named, else the folder that holds all that was named. */
  root: string
  files: FoundFile[]
}

const clutter = new Set(['thumbs.db', 'desktop.ini', '__macosx', '$recycle.bin'])

/** Lists all files below `paths` in natural order (2 before 10), hidden files and system clutter left out. */
export async function findFiles(
  paths: string[],
  signal: AbortSignal,
  onFound: (count: number) => void = () => {},
): Promise<Found> {
  const named = await Promise.all(paths.map(async (path) => ({ path, isFolder: await isFolder(path) })))
  const [only] = named
  const root = named.length === 1 && only!.isFolder ? only!.path : commonFolder(named.map(({ path }) => dirname(path)))
  const found: Found = { root, files: [] }
  const add = (path: string, isLoose: boolean) =>
    found.files.push({ path, relative: relative(root, path).split(sep).join('/'), isLoose })
  for (const { path, isFolder } of named) {
    if (!isFolder) add(path, true)
    else
      await walk(
        path,
        (file) => add(file, false),
        signal,
        () => onFound(found.files.length),
      )
  }
  return found
}

async function walk(folder: string, add: (path: string) => void, signal: AbortSignal, tick: () => void): Promise<void> {
  throwIfAborted(signal)
  const entries = await readdir(folder, { withFileTypes: true })
  entries.sort((a, b) => compareNatural(a.name, b.name))
  for (const entry of entries) {
    if (entry.name.startsWith('.') || clutter.has(entry.name.toLowerCase())) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await walk(path, add, signal, tick)
    // A link to a file counts as the file; a link to a folder could lead in a circle and is left out.
    else if (entry.isFile() || (entry.isSymbolicLink() && (await stat(path).catch(() => null))?.isFile())) add(path)
  }
  tick()
}

async function isFolder(path: string): Promise<boolean> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
    throw new WorkbenchError('not_found', `There is no file or folder "${path}". Check the path.`)
  })
  return facts.isDirectory()
}

function commonFolder(folders: string[]): string {
  const split = folders.map((folder) => folder.split(sep))
  const first = split[0]!
  let length = first.length
  for (const parts of split) {
    let same = 0
    while (same < length && parts[same] === first[same]) same++
    length = same
  }
  return first.slice(0, length).join(sep) || sep
}
