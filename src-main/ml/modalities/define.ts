import type { ModalityDescriptor } from '@shared/descriptor'
import type { Inspection } from '@shared/schemas/dataset'

/** What was named for an import, as far as names tell. */
export interface NamedPath {
  path: string
  isFolder: boolean
  /** Extensions without the dot, in small letters: the file's own, or those found in the folder. */
  extensions: ReadonlySet<string>
}

export interface ReadContext {
  signal: AbortSignal
  progress(done: number, total: number | null): void
}

/**
 * A kind of data: one file in `modalities/`. Runs in the decoding process, which must never load TensorFlow; how samples
 * become tensors is the business of `ml/encode`.
 */
export interface Modality extends ModalityDescriptor {
  /** Whether these paths could be read as it, by their names. */
  accepts(paths: NamedPath[]): boolean
  /** For a kind that shares its names with another one: whether the content speaks for this one. */
  recognises?(paths: string[], signal: AbortSignal): Promise<boolean>
  /** What an import of these paths would bring, told before anything is stored. */
  inspect(paths: string[], context: ReadContext): Promise<Inspection>
}

export const defineModality = (modality: Modality): Modality => modality
