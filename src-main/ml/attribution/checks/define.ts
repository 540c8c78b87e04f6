import type { CheckFound, Verdict } from '@shared/schemas/explanation'
import type { GraphSizes } from '../../decode/graph/pack'
import type { LayersModel, Tensor } from '../../tf'
import type { RunParams } from '../../settings'
import type { SampleAttribution } from '../define'

/** A map as it was shown, and everything it takes to put it to the test. */
export interface CheckInput {
  method: SampleAttribution
  /** The network explained; `family`, `params` and `inputShape` build another like it. */
  trained: {
    family: string
    params: RunParams
    model: LayersModel
    inputShape: number[]
    graph?: GraphSizes | null
    /** Logits [n, classes] of samples like `input`. */
    logits(input: Tensor): Tensor
  }
  /** One sample with its batch axis as the method sees it, and what it is compared with. */
  input: Tensor
  baseline: Tensor
  /** Class index explained. */
  target: number
  /** Numbers of a sample that are taken away together: a pixel's channels, a field's columns. */
  places: Int32Array[]
  /** The map under test: what each place is worth. */
  scores: Float64Array
  /** The sum of the map over all its numbers. */
  sum: number
  /** Height and width of a picture's map; null where places are in no such order. */
  size: [height: number, width: number] | null
  /** Whether a place's sign says for or against; else only sizes count. */
  isSigned: boolean
  /** The map made anew, with fewer draws where the method draws: of another sample, or another network. By place. */
  attribute(change: { input?: Tensor; model?: LayersModel }): Promise<Float64Array>
  signal: AbortSignal
  progress(done: number, total: number): void
}

export type CheckResult = Pick<CheckFound, 'verdict' | 'value' | 'low' | 'high' | 'text' | 'figures'>

export interface MapCheck {
  id: string
  title: string
  /** What the check asks, in a sentence. */
  question: string
  reference: string
  /** False where the method promises nothing that could be checked. */
  concerns(method: SampleAttribution): boolean
  run(input: CheckInput): Promise<CheckResult>
}

export const defineCheck = (check: MapCheck): MapCheck => check

/** `passes` below the first limit, `fails` from the second on. */
export const verdictOf = (value: number, [good, bad]: [number, number]): Verdict =>
  value < good ? 'passes' : value < bad ? 'doubtful' : 'fails'

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** A figure in a sentence: two digits behind the point. */
export const said = (value: number): string => value.toFixed(2)
