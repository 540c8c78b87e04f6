import type { FieldKind, FieldValue, Modality, Split, Task } from '@shared/schemas/dataset'
import type { ColumnTable } from './column-table'
import type { GraphSizes, NodePlace } from './decode/graph/pack'
import type { SeriesPlace } from './decode/series/pack'
import type { Params, Run } from '@shared/schemas/run'

/** The data and labels of one run as they were when it started, written once as `snapshot.json` into the run's folder. */
export interface Snapshot {
  modality: Modality
  datasetId: string
  datasetName: string
  /** Classification where absent. */
  task?: Task
  /** Tables and texts: the column that is predicted. */
  target?: string | null
  /** None where a number is predicted. */
  classes: string[]
  /** Index in `classes` of the favourable outcome, or null when it was never named. */
  positive: number | null
  /** Tables: the model's input fields in order; texts: the fields that are read. */
  fields: { name: string; kind: FieldKind; isSensitive: boolean }[]
  /** The field whose groups the training samples are reweighed by. */
  reweighBy?: string
  samples: SnapshotSample[]
  /** Large tables: the samples' values, in place of `SnapshotSample.values`. */
  table?: ColumnTable
}

/** A series at hand, [steps, channels]. */
export interface SeriesValues {
  steps: number
  channels: number
  values: Float32Array
}

export interface SnapshotSample {
  id: number
  /** Pictures: absolute path. */
  path?: string
  hash?: string
  width?: number
  height?: number
  channels?: number
  /** Series: where its values lie. */
  series?: SeriesPlace
  /** Nodes: where it lies in its graph. */
  node?: NodePlace
  /** Tables and texts: values in the order of `Snapshot.fields`. */
  values?: FieldValue[]
  /** Class index, or the number to be predicted; null when unlabelled (never trained on; predicted all the same). */
  target: number | null
  split: Split | null
  /** Its value of `reweighBy`. */
  group?: string
}

/** What training one run leaves behind, besides the checkpoint. */
export interface TrainOutcome {
  status: 'finished' | 'stopped'
  epochs: number
  bestEpoch: number | null
  samplesPerSecond: number | null
  metrics: Run['metrics']
  /** `simple`: a method without a network, fitted on the same samples; `mean`, `median`: always that of the training split. */
  baseline: Run['baseline']
  interval?: Run['interval']
  parameterCount: number
  device: string
  notices: string[]
  params: Params
}

/** What a plan needs to know of the data: sizes, not samples. */
export type PlanInput = Omit<Snapshot, 'samples' | 'table'> & {
  sampleCount: number
  splits: { train: number; validation: number; test: number }
  /** Labelled training samples per class; none where a number is predicted. */
  trainPerClass: number[]
  /** Most frequent picture size and channel count. */
  picture: { width: number; height: number; channels: number } | null
  /** Clips: the most frequent rate, samples a second, and the length that 95 % of the training split fit into. */
  audio?: { sampleRate: number; seconds: number } | null
  /** Series: steps of the longest one in the training split, and channels. */
  series?: { steps: number; channels: number } | null
  /** The nodes' graph. */
  graph?: GraphSizes | null
  /** Texts: words of the longest training text and of all of them, as blanks tell. */
  texts?: { longest: number; words: number } | null
  /** Table: number of one-hot columns per category field, for the layer picture. */
  distinct: Record<string, number>
  /** Table: samples without a value per field; one makes a further column. */
  missing?: Record<string, number>
}

/** Something to predict or explain: a picture by absolute path, a series or a node by its place, or a table row by field name. */
export interface PredictInput {
  path?: string
  series?: SeriesPlace | SeriesValues
  node?: NodePlace
  values?: Record<string, FieldValue>
}
