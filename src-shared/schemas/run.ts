import { z } from 'zod'
import { DatasetRef, Split, Task } from './dataset'
import { GroupThresholds } from './fairness'

export const RunStatus = z.enum(['queued', 'running', 'finished', 'stopped', 'interrupted', 'failed'])
export type RunStatus = z.infer<typeof RunStatus>

export const Params = z.record(z.string(), z.unknown())
export type Params = z.infer<typeof Params>

export const RunSpec = z.object({
  dataset: DatasetRef,
  family: z.string(),
  /** Hyperparameters by key; what is left out takes the family's default for this data. */
  params: Params.default({}),
  preset: z.string().optional(),
  name: z.string().trim().max(120).optional(),
})
export type RunSpec = z.infer<typeof RunSpec>

/** Of predicted numbers, in the units of the target but R²; null where it is not defined. */
export const NumberMetrics = z.object({
  /** Mean absolute error. */
  mae: z.number().nullable(),
  /** Root of the mean squared error. */
  rmse: z.number().nullable(),
  /** Share of the target's variance that is explained; 0 is as good as its mean, and it may be below. */
  r2: z.number().nullable(),
  /** Median absolute error. */
  medianError: z.number().nullable(),
})
export type NumberMetrics = z.infer<typeof NumberMetrics>

/**
 * Rates in 0-1; what is undefined is null. Two classes with a named positive: of that class; else macro averages. Where a
 * number is predicted the rates are null, and its own metrics are there.
 */
export const SplitMetrics = NumberMetrics.partial().extend({
  loss: z.number().nullable(),
  accuracy: z.number().nullable(),
  precision: z.number().nullable(),
  recall: z.number().nullable(),
  f1: z.number().nullable(),
  rocAuc: z.number().nullable(),
})
export type SplitMetrics = z.infer<typeof SplitMetrics>

/** A number that is always answered, and how far off it is on the split that runs are judged by. */
export const ConstantAnswer = z.object({ value: z.number(), mae: z.number().nullable(), rmse: z.number().nullable() })
export type ConstantAnswer = z.infer<typeof ConstantAnswer>

/** How far from a predicted number the truth may be: by the errors on the validation split (split conformal). */
export const NumberInterval = z.object({
  /** Share of new samples whose truth lies within, if they are like those of the validation split. */
  level: z.number(),
  /** In the units of the target. */
  halfWidth: z.number(),
  /** Validation samples that it was taken from. */
  sampleCount: z.number().int(),
  /** Share of the test split whose truth does lie within; null without one. */
  testCoverage: z.number().nullable(),
})
export type NumberInterval = z.infer<typeof NumberInterval>

export const Run = z.object({
  runId: z.string(),
  name: z.string(),
  status: RunStatus,
  datasetId: z.string(),
  datasetName: z.string(),
  task: Task,
  family: z.string(),
  params: Params,
  seed: z.number().int(),
  /** Epochs done so far. */
  epochs: z.number().int(),
  bestEpoch: z.number().int().nullable(),
  samplesPerSecond: z.number().nullable(),
  metrics: z.object({
    train: SplitMetrics.nullable(),
    validation: SplitMetrics.nullable(),
    test: SplitMetrics.nullable(),
  }),
  /** What must be beaten: always the largest class (or the mean of the target), and for texts a simple method fitted on the same samples. */
  baseline: z.object({
    majorityAccuracy: z.number().nullable(),
    simple: z.object({ title: z.string(), accuracy: z.number() }).optional(),
    /** Where a number is predicted: always the mean, or the median, of the training split. */
    mean: ConstantAnswer.optional(),
    median: ConstantAnswer.optional(),
  }),
  /** Where a number is predicted. */
  interval: NumberInterval.optional(),
  parameterCount: z.number().int().nullable(),
  device: z.string().nullable(),
  /** How it uses the processor: threads that share one op's work, and ops that run at the same time. */
  threads: z.object({ within: z.number().int(), across: z.number().int() }).nullable(),
  classes: z.array(z.string()),
  tags: z.array(z.string()),
  note: z.string(),
  /** Human notices worth keeping: early stop, halved batch … */
  notices: z.array(z.string()),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  durationMs: z.number().nullable(),
  sizeBytes: z.number(),
  /** Group thresholds that were kept with it. */
  thresholds: GroupThresholds.optional(),
  isResumable: z.boolean(),
  error: z.string().nullable(),
})
export type Run = z.infer<typeof Run>

/** `mae`: mean absolute error in the target's units, where a number is predicted; there the accuracy is null. */
export const EpochFigures = z.object({
  loss: z.number().nullable(),
  accuracy: z.number().nullable(),
  mae: z.number().nullable().optional(),
})
export type EpochFigures = z.infer<typeof EpochFigures>

/** One closed epoch (from 1). Metrics of train come from the batches as trained, of validation from a full pass. */
export const EpochEnded = z.object({
  runId: z.string(),
  epoch: z.number().int(),
  learningRate: z.number(),
  seconds: z.number(),
  samplesPerSecond: z.number(),
  train: EpochFigures,
  validation: EpochFigures.nullable(),
})
export type EpochEnded = z.infer<typeof EpochEnded>

/** Live progress within an epoch, a few times a second. */
export const RunProgressed = z.object({
  runId: z.string(),
  epoch: z.number().int(),
  epochs: z.number().int(),
  step: z.number().int(),
  steps: z.number().int(),
  loss: z.number().nullable(),
  samplesPerSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  phase: z.enum(['preparing', 'training', 'evaluating']),
})
export type RunProgressed = z.infer<typeof RunProgressed>

export const LayerInfo = z.object({
  name: z.string(),
  /** Layer class in plain words: Dense, Conv2D, MaxPooling2D … */
  kind: z.string(),
  outputShape: z.array(z.number().int().nullable()),
  parameterCount: z.number().int(),
  /** e.g. '3x3, 32 filters, relu'. */
  detail: z.string(),
  /** Where branches meet: the layer (by its place here, -1 is the input) behind which they parted. */
  branchedAt: z.number().int().optional(),
})
export type LayerInfo = z.infer<typeof LayerInfo>

/** What a configuration would build, and what forbids it. `problems` empty means it can be started. */
/** What a run will take, told before it starts. */
export const Estimate = z.object({
  /** Multiply-adds of one forward pass on one sample. */
  multiplyAdds: z.number(),
  /** Memory of the training process. */
  memoryBytes: z.number(),
  /** From the start to the last epoch; early stopping may end it sooner. */
  seconds: z.number(),
  /** Whether the time comes from runs on this machine, and not from a rule of thumb. */
  isMeasured: z.boolean(),
})
export type Estimate = z.infer<typeof Estimate>

export const Plan = z.object({
  params: Params,
  layers: z.array(LayerInfo),
  parameterCount: z.number().int(),
  inputShape: z.array(z.number().int()),
  problems: z.array(z.object({ param: z.string().nullable(), message: z.string() })),
  warnings: z.array(z.string()),
  /** Null where no network can be built. */
  estimate: Estimate.nullable(),
})
export type Plan = z.infer<typeof Plan>

export const Curve = z.object({
  x: z.array(z.number()),
  y: z.array(z.number()),
  thresholds: z.array(z.number()).optional(),
})

/** Everything that Compare shows of one run on one split. */
export const RunResults = z.object({
  runId: z.string(),
  split: Split,
  classes: z.array(z.string()),
  sampleCount: z.number().int(),
  metrics: SplitMetrics,
  /** [true][predicted]. */
  confusion: z.array(z.array(z.number().int())),
  perClass: z.array(
    z.object({
      name: z.string(),
      precision: z.number().nullable(),
      recall: z.number().nullable(),
      f1: z.number().nullable(),
      support: z.number().int(),
    }),
  ),
  /** Two classes: of the positive class (or the second); null for more. */
  roc: Curve.nullable(),
  /** Reliability: mean predicted probability against observed rate, 10 equal bins; empty bins left out. */
  calibration: Curve.extend({ counts: z.array(z.number().int()) }).nullable(),
  brier: z.number().nullable(),
  /** Where a number is predicted: truth and prediction of each sample, at most some thousands of them. */
  numbers: z
    .object({ sampleIds: z.array(z.number().int()), truth: z.array(z.number()), predicted: z.array(z.number()) })
    .optional(),
})
export type RunResults = z.infer<typeof RunResults>

export const Comparison = z.object({
  runs: z.array(Run),
  /** Only the settings that differ: key → one value per run, in the order asked. */
  settingsDiff: z.record(z.string(), z.array(z.unknown())),
  classes: z.array(z.string()),
  confusion: z.record(z.string(), z.array(z.array(z.number().int()))),
})
export type Comparison = z.infer<typeof Comparison>

/** One stored prediction, as a cell of the confusion matrix lists it. */
export const StoredPrediction = z.object({
  sampleId: z.number().int(),
  truth: z.string().nullable(),
  predicted: z.string(),
  confidence: z.number(),
  probabilities: z.array(z.number()),
})
export type StoredPrediction = z.infer<typeof StoredPrediction>

/** What a trained model can be written as. */
export const ExportFormat = z.enum(['savedmodel', 'tfjs', 'onnx'])
export type ExportFormat = z.infer<typeof ExportFormat>

/** A prediction on something new: a class, or a number in the units of the target. */
export const Prediction = z.object({
  input: z.string(),
  /** Empty where a number is predicted. */
  class: z.string(),
  probabilities: z.record(z.string(), z.number()),
  value: z.number().optional(),
  /** Ends of the run's interval around the number. */
  low: z.number().optional(),
  high: z.number().optional(),
})
export type Prediction = z.infer<typeof Prediction>
