import type { ModalityDescriptor } from '@shared/descriptor'
import type { Inspection } from '@shared/schemas/dataset'

export interface ReadContext {
  signal: AbortSignal
  progress(done: number, total: number | null): void
}

/**
 * A kind of data: one file in `modalities/`. Runs in the decoding process, which must never load TensorFlow; how samples
 * become tensors is the business of `ml/encode`.
 */
export interface Modality extends ModalityDescriptor {
  /** Whether these paths are for it. A folder has no extension of its own: `isFolder` says so. */
  accepts(paths: { path: string; isFolder: boolean }[]): boolean
  /** What an import of these paths would bring, told before anything is stored. */
  inspect(paths: string[], context: ReadContext): Promise<Inspection>
}

export const defineModality = (modality: Modality): Modality => modality
