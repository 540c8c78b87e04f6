import type { Catalog } from '@shared/descriptor'
import type { ErrorReply } from '@shared/errors'
import type { Around } from '@shared/graph-layout'
import type { FieldKind, FieldValue, Inspection, Modality, Skipped, Split } from '@shared/schemas/dataset'
import type { Explanation, Importance, MapChecks } from '@shared/schemas/explanation'
import type { Counterfactuals, Dependence, Nearest } from '@shared/schemas/insight'
import type { Audit, GroupThresholds, Mitigation, ProxyFigures } from '@shared/schemas/fairness'
import type { ExportFormat, EpochEnded, Params, Plan, Prediction, RunProgressed } from '@shared/schemas/run'
import type { ShortcutReport } from '@shared/schemas/shortcut'
import type { EngineStatus } from '@shared/schemas/workspace'
import type { AuditInput } from '../ml/audit/audit'
import type { MitigationInput } from '../ml/audit/mitigate'
import type { ProxyInput } from '../ml/audit/proxies'
import type { CounterfactualRequest } from '../ml/counterfactual/explain-row'
import type { NodePlace } from '../ml/decode/graph/pack'
import type { SeriesPlace } from '../ml/decode/series/pack'
import type { SamplePrediction } from '../ml/outcome'
import type { PlanInput, PredictInput, TrainOutcome } from '../ml/snapshot'
import type { TimedNet } from '../ml/time-steps'

/** A picture that could be decoded. `path` is absolute; class and split are what its folders say. */
export interface ScannedPicture {
  path: string
  className: string | null
  split: Split | null
  hash: string
  sizeBytes: number
  modifiedAt: number
  width: number
  height: number
  channels: number
}

/**
 * A series that was read: where its values lie in the pack, and what its class and split are. Of a node: `offset` is its
 * place in the graph, `steps` its edges, `channels` the graph's features, `entries` its own values of them that are not 0.
 */
export interface ScannedSeries {
  name: string
  className: string | null
  split: Split | null
  /** SHA-256 of its values, hex. */
  hash: string
  /** In values from the pack's start. */
  offset: number
  steps: number
  channels: number
  entries?: number
}

export interface HashedFile {
  path: string
  /** null: size and time are those given, so it was not read; 'missing': it is not there. */
  hash: string | 'missing' | null
  sizeBytes: number
  modifiedAt: number
}

export type StoredPredictionRow = SamplePrediction

/**
 * Every job a worker process does: what goes in, what it reports on the way, what comes out. Files are named by absolute
 * path; a worker never sees the database.
 */
export interface Jobs {
  // decode: no TensorFlow
  /** `modality`: the kind of data that the user chose; else it is found out. */
  inspect: {
    input: { paths: string[]; modality?: Modality }
    event: { done: number; total: number | null }
    output: Inspection
  }
  recognise: { input: { paths: string[] }; event: never; output: { modality: Modality } }
  /** Unpacks a ZIP, tar or tar.gz into the empty folder `out`. `table`: the one table in it, relative to `out`. */
  unpack: {
    input: { path: string; out: string }
    event: { done: number; total: number | null }
    output: { files: number; table: string | null }
  }
  'scan-pictures': {
    input: { paths: string[] }
    event: { pictures: ScannedPicture[]; skipped: Skipped[]; done: number; total: number | null }
    /** `root`: the one folder named, or the folder that holds all that was named. */
    output: { total: number; root: string }
  }
  /** The same for clips: `width` is samples of a channel, `height` samples a second. */
  'scan-clips': Jobs['scan-pictures']
  /** Draws a clip's spectrogram into a WebP of at most `size` pixels a side. */
  'draw-clip': { input: { path: string; size: number; out: string }; event: never; output: { sizeBytes: number } }
  /** Streams a table's rows, parsed and typed. `kinds` holds those that the user corrected; the others are inferred. */
  'read-table': {
    input: { path: string; kinds: Partial<Record<string, FieldKind>> }
    event: { rows: Record<string, FieldValue>[]; skipped: Skipped[]; done: number; total: number | null }
    output: {
      fields: { name: string; kind: FieldKind }[]
      hash: string
      sizeBytes: number
      modifiedAt: number
      notes: string[]
    }
  }
  /** Writes all series into `out`, a pack of float32 values: [steps, channels] one after the other, NaN is missing. */
  'read-series': {
    input: { paths: string[]; out: string }
    event: { series: ScannedSeries[]; skipped: Skipped[]; done: number; total: number | null }
    output: { root: string; channels: string[]; notes: string[]; sizeBytes: number }
  }
  /** Writes a graph into `out`, a pack, and tells of its nodes. */
  'read-graph': {
    input: { paths: string[]; out: string }
    event: { series: ScannedSeries[]; skipped: Skipped[]; done: number; total: number | null }
    output: { root: string; notes: string[]; sizeBytes: number }
  }
  /** Streams texts that lie in files as rows with the fields `file`, `text` and `class`, and their folders' splits. */
  'read-texts': {
    input: { paths: string[] }
    event: {
      rows: Record<string, FieldValue>[]
      splits: (Split | null)[]
      skipped: Skipped[]
      done: number
      total: number | null
    }
    output: { root: string; notes: string[]; sizeBytes: number }
  }
  /**
   * Looks at originals. With `files`: whether each is still the same (size and time, else its hash). With `folder`:
   * hashes what lies there and has one of `sizes`, to find files that were moved.
   */
  'hash-files': {
    input:
      | { files: { path: string; sizeBytes: number | null; modifiedAt: number | null }[] }
      | { folder: string; sizes: number[] }
    event: { files: HashedFile[]; done: number; total: number }
    output: { total: number }
  }
  /** `pictures` are in the files' order, null where one could not be read; `pairs` name files by their place. */
  'look-at-pictures': {
    input: { files: string[] }
    event: { done: number; total: number }
    output: {
      pictures: ({ deviation: number; sharpness: number | null } | null)[]
      pairs: { a: number; b: number; likeness: number }[]
    }
  }
  /** Draws a series into a square WebP of `size` pixels. */
  'draw-series': {
    input: { series: SeriesPlace; size: number; out: string }
    event: never
    output: { sizeBytes: number }
  }
  /** Draws a node and those around it into a square WebP of `size` pixels. */
  'draw-node': { input: { node: NodePlace; size: number; out: string }; event: never; output: { sizeBytes: number } }
  'node-around': {
    input: { node: NodePlace }
    event: never
    output: Around & { left: number; features: { name: string; value: number }[]; featureCount: number }
  }
  /** Writes a WebP of at most `size` pixels a side to `out`. */
  thumbnail: { input: { path: string; size: number; out: string }; event: never; output: { sizeBytes: number } }

  // engine
  describe: {
    input: Record<string, never>
    event: never
    output: Omit<Catalog, 'sampleDatasets'> & { engine: EngineStatus }
  }
  plan: { input: { family: string; params: Params; preset?: string; snapshot: PlanInput }; event: never; output: Plan }
  'augment-preview': {
    input: { family: string; params: Params; path: string; snapshot: PlanInput; count: number }
    event: never
    output: { images: string[] }
  }
  'time-steps': { input: TimedNet; event: never; output: { msPerStep: number } }
  train: {
    input: {
      runId: string
      runDir: string
      family: string
      params: Params
      resume: boolean
      cacheDir: string
    }
    event:
      | { kind: 'progress'; progress: RunProgressed }
      | { kind: 'epoch'; epoch: EpochEnded }
      | { kind: 'predictions'; rows: StoredPredictionRow[] }
      | { kind: 'notice'; text: string }
    output: TrainOutcome
  }
  predict: {
    input: {
      runDir: string
      files: string[]
      rows: Record<string, FieldValue>[]
      texts?: string[]
      thresholds?: GroupThresholds
      /** Of the run's interval around a number. */
      halfWidth?: number
    }
    event: never
    output: Prediction[]
  }
  'predict-to-csv': {
    input: { runDir: string; files: string[]; out: string; thresholds?: GroupThresholds; halfWidth?: number }
    event: { done: number; total: number | null }
    output: { count: number; files: string[] }
  }
  explain: {
    input: {
      runId: string
      runDir: string
      sampleId: number
      sample: PredictInput
      method: string
      params: Params
      targetClass: string | null
    }
    event: { done: number; total: number }
    output: Omit<Explanation, 'isCached'>
  }
  /** Puts the map of an explanation to the checks; reports hundredths. */
  'check-map': {
    input: { explanation: Explanation; runDir: string; sample: PredictInput }
    event: { done: number; total: number }
    output: Omit<MapChecks, 'isCached'>
  }
  importance: {
    input: { runId: string; runDir: string; method: string; params: Params; split: string }
    event: { done: number; total: number }
    output: Omit<Importance, 'isCached'>
  }
  counterfactual: {
    input: CounterfactualRequest & { runDir: string }
    event: { done: number; total: number | null }
    output: Pick<Counterfactuals, 'predicted' | 'target' | 'probabilities' | 'answers' | 'asked' | 'seconds'>
  }
  dependence: {
    input: { runDir: string; field: string; targetClass: string | null }
    event: { done: number; total: number }
    output: Omit<Dependence, 'runId' | 'isCached'>
  }
  /** Writes the curves as CSV. */
  'write-dependence': { input: { dependence: Dependence; out: string }; event: never; output: { files: string[] } }
  /** Keeps what the network makes of the training samples below `cacheDir`. */
  nearest: {
    input: { runDir: string; cacheDir: string; sampleId: number; sample: PredictInput; count: number }
    event: { done: number; total: number }
    output: Omit<Nearest, 'runId' | 'sampleId' | 'isCached'>
  }
  /** Regions, words or fields that a run leans on; reports hundredths. */
  'find-shortcuts': {
    input: { runId: string; runDir: string }
    event: { done: number; total: number }
    output: Omit<ShortcutReport, 'isKept'>
  }
  /** Draws a map over its picture (or bars for a table) as PNG. */
  'render-explanation': {
    input: { explanation: Explanation; opacity: number; out: string }
    event: never
    output: { files: string[] }
  }
  export: {
    input: { runDir: string; format: ExportFormat; out: string }
    event: never
    output: { files: string[] }
  }
  audit: {
    input: AuditInput
    event: { done: number; total: number }
    output: Audit
  }
  proxies: {
    input: ProxyInput
    event: { done: number; total: number }
    output: ProxyFigures
  }
  /** All figures of a run again, from the weights and the snapshot in `runDir`. */
  recompute: {
    input: {
      runDir: string
      /** Per audit the sensitive fields and each sample's groups, in the order of the snapshot. */
      audits: { sensitive: string[]; groups: string[][] }[]
      split: Split
      rounds: number
      level: number
      seed: number
      smallGroup: number
    }
    event: { done: number; total: number }
    output: { figures: Record<string, number | null>; engine: string }
  }
  mitigate: {
    input: MitigationInput
    event: { done: number; total: number }
    output: Mitigation
  }
}

export type { NodePlace, PlanInput, PredictInput, SeriesPlace }

export type JobName = keyof Jobs

export interface JobContext<J extends JobName> {
  signal: AbortSignal
  report(event: Jobs[J]['event']): void
  log(level: 'info' | 'warn' | 'error', message: string): void
}

/** One file in `worker/jobs/` exports one of these as default. */
export type JobHandler<J extends JobName> = (
  input: Jobs[J]['input'],
  context: JobContext<J>,
) => Promise<Jobs[J]['output']>

export type ToWorker =
  { type: 'start'; id: number; job: JobName; input: unknown } | { type: 'cancel'; id: number } | { type: 'exit' }

export type FromWorker =
  | { type: 'ready' }
  | { type: 'event'; id: number; event: unknown }
  | { type: 'done'; id: number; value: unknown }
  | { type: 'failed'; id: number; error: ErrorReply }
  | { type: 'log'; level: 'info' | 'warn' | 'error'; message: string }
