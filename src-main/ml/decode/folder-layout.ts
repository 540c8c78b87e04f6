import type { Split } from '@shared/schemas/dataset'

export interface Place {
  className: string | null
  split: Split | null
}

const splitNames: Record<string, Split> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
}

const splitOf = (folder: string): Split | null => splitNames[folder.toLowerCase()] ?? null

/**
 * Reads classes and splits off the folders that pictures lie in. `cat/1.png` is of class cat; loose pictures have none;
 * top folders named train, validation (val) or test that contain class folders are fixed splits. A single folder around
 * everything is looked through.
 *
 * @param files paths relative to the import's root, with `/`
 */
export function placeFiles(files: readonly string[]): Place[] {
  const split = files.map((file) => file.split('/').slice(0, -1))
  const outer = wrapperDepth(split)
  const folders = split.map((parts) => parts.slice(outer))
  const hasSplits = folders.some((parts) => parts.length >= 2 && splitOf(parts[0]!) !== null)
  return folders.map((parts) => {
    const found = hasSplits && parts.length > 0 ? splitOf(parts[0]!) : null
    return { split: found, className: parts[found ? 1 : 0] ?? null }
  })
}

/** How many folders hold everything without telling anything: all files lie in them, and each deeper still. */
function wrapperDepth(folders: string[][]): number {
  let depth = 0
  for (;;) {
    const first = folders[0]?.[depth]
    const isWrapper =
      first !== undefined &&
      splitOf(first) === null &&
      folders.every((parts) => parts[depth] === first && parts.length > depth + 1)
    if (!isWrapper) return depth
    depth++
  }
}
