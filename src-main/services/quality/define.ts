import type { FieldValue, Split } from '@shared/schemas/dataset'
import type { QualityKind } from '@shared/schemas/quality'

export interface CheckedSample {
  id: number
  classId: number | null
  split: Split | null
  /** Content of a picture's file, or of a row without its ids and target; equal for exact copies. */
  content: string
  /** Pictures that could be read. */
  deviation: number | null
  sharpness: number | null
}

/** Out-of-sample probabilities of one sample: by class id, as the runs saw it that did not train on it. */
export type HeldOut = Map<number, Map<number, number>>

/** All that a finder may look at. */
export interface Checked {
  isTable: boolean
  samples: CheckedSample[]
  classNames: Map<number, string>
  /** Groups of samples with the same content, in the samples' order. */
  copies: number[][]
  /** Places in `samples` of pictures that look almost the same. */
  nearPairs: { a: number; b: number; likeness: number }[]
  /** By sample id. */
  heldOut: HeldOut
}

export interface Found {
  /** Places in `samples`. */
  at: number[]
  why: string
}

/** Looks for one kind of trouble; each in a file of its own. Suspicions come worst first. */
export interface Finder {
  kind: QualityKind
  text(total: number, checked: Checked): string
  find(checked: Checked): Found[]
}

export type Values = Record<string, FieldValue>

export const plural = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`
export const nounOf = ({ isTable }: Checked) => (isTable ? 'row' : 'picture')
