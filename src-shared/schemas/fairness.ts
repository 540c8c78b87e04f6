import { z } from 'zod'
import { DatasetRef, Split } from './dataset'

/** A figure with its bootstrap interval; `null` where it is undefined (nothing to divide by). */
export const Interval = z.object({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  level: z.number(),
})
export type Interval = z.infer<typeof Interval>

export const AuditSpec = z.object({
  run: z.string(),
  /** Several are compared by their combinations. */
  sensitive: z.array(z.string()).min(1).max(4),
  split: Split.default('test'),
  /** The favourable outcome; the dataset's own when left out, and an error when that was never named. */
  positive: z.string().optional(),
  threshold: z.number().gt(0).lt(1).default(0.5),
  rounds: z.number().int().min(100).max(10_000).default(1000),
  level: z.number().gt(0.5).lt(1).default(0.95),
  seed: z.number().int().nonnegative().default(1),
  taskId: z.string().optional(),
})
export type AuditSpec = z.infer<typeof AuditSpec>

export const AuditGroup = z.object({
  group: z.record(z.string(), z.string()),
  n: z.number().int(),
  /** Too few samples for a firm statement: marked, never hidden. */
  small: z.boolean(),
  metrics: z.record(z.string(), Interval),
})
export type AuditGroup = z.infer<typeof AuditGroup>

export const Disparity = Interval.extend({
  metric: z.string(),
  kind: z.enum(['difference', 'ratio']),
  /** Which groups lie at the two ends, e.g. ['female', 'male']: lowest first. */
  groups: z.array(z.string()),
  ideal: z.number(),
  /** Whether a pair of groups in it survived its permutation test after correction. */
  isFinding: z.boolean(),
  /** Equality is not refuted, so the interval reaches to the ideal, where no such gap can be told from chance. */
  isAtBoundary: z.boolean(),
})
export type Disparity = z.infer<typeof Disparity>

/** One rate in two groups: first minus second, with its test. */
export const GroupComparison = z.object({
  metric: z.string(),
  groups: z.tuple([z.string(), z.string()]),
  difference: Interval,
  /** Of the exact permutation test. */
  p: z.number(),
  /** After Benjamini and Hochberg over all comparisons of the report. */
  q: z.number(),
  isFinding: z.boolean(),
})
export type GroupComparison = z.infer<typeof GroupComparison>

/** How one group's scores behave. */
export const GroupCurves = z.object({
  group: z.string(),
  /** Mean score against how often the favourable outcome was true, in ten equal bins; empty ones are left out. */
  calibration: z.array(
    z.object({ score: z.number(), rate: z.number(), low: z.number(), high: z.number(), n: z.number().int() }),
  ),
  thresholds: z.array(
    z.object({
      threshold: z.number(),
      selectionRate: z.number(),
      truePositiveRate: z.number().nullable(),
      falsePositiveRate: z.number().nullable(),
    }),
  ),
})
export type GroupCurves = z.infer<typeof GroupCurves>

export const Audit = z.object({
  runId: z.string(),
  sensitive: z.array(z.string()),
  split: Split,
  positive: z.string(),
  threshold: z.number(),
  level: z.number(),
  rounds: z.number().int(),
  n: z.number().int(),
  /** Samples of the split that were left out because they have no label. */
  unlabelled: z.number().int(),
  /** What each figure says, in reading order. */
  metrics: z.array(z.object({ id: z.string(), title: z.string(), summary: z.string() })),
  overall: z.record(z.string(), Interval),
  byGroup: z.array(AuditGroup),
  disparities: z.array(Disparity),
  /** Every rate in every pair of groups that are not small. */
  comparisons: z.array(GroupComparison),
  curves: z.array(GroupCurves),
  /** Sentences in plain language; the first is the headline. */
  summary: z.array(z.string()),
})
export type Audit = z.infer<typeof Audit>

export const ProxySpec = z.object({
  dataset: DatasetRef,
  /** Whose value the other columns may give away. */
  sensitive: z.string(),
  /** Columns to look at; the model's input columns, without the sensitive ones, when left out. */
  fields: z.array(z.string()).optional(),
  /** Its predictions are set beside the labels. */
  run: z.string().optional(),
  split: Split.default('test'),
  folds: z.number().int().min(2).max(10).default(5),
  level: z.number().gt(0.5).lt(1).default(0.95),
  seed: z.number().int().nonnegative().default(1),
  taskId: z.string().optional(),
})
export type ProxySpec = z.infer<typeof ProxySpec>

export const ProxyStrength = z.enum(['none', 'some', 'strong'])
export type ProxyStrength = z.infer<typeof ProxyStrength>

/** AUCs: how well the group is told, on samples not trained on; 0.5 is guessing. */
export const ProxyFigures = z.object({
  /** Each column alone, the most telling first. */
  fields: z.array(z.object({ name: z.string(), auc: Interval, strength: ProxyStrength })),
  all: Interval,
  /** All but the strong ones; null where none is strong or nothing else is left. */
  rest: Interval.nullable(),
  /** Bias in the data, in the labels and in the predictions, side by side. */
  rates: z.array(
    z.object({
      group: z.string(),
      n: z.number().int(),
      share: z.number(),
      /** Of the labelled samples, how many have the favourable outcome. */
      labels: Interval.nullable(),
      /** Of the run's predictions on `split`, how many are the favourable outcome. */
      predictions: Interval.nullable(),
    }),
  ),
})
export type ProxyFigures = z.infer<typeof ProxyFigures>

export const ProxyReport = ProxyFigures.extend({
  datasetId: z.string(),
  sensitive: z.string(),
  n: z.number().int(),
  folds: z.number().int(),
  positive: z.string().nullable(),
  summary: z.array(z.string()),
})
export type ProxyReport = z.infer<typeof ProxyReport>

/** What group thresholds make equal: how often each group is selected, finds its truly favourable, or errs. */
export const FairnessConstraint = z.enum(['demographic-parity', 'equal-opportunity', 'equalized-odds'])
export type FairnessConstraint = z.infer<typeof FairnessConstraint>

/**
 * How one group is decided: above `threshold0` with probability `p0`, else above `threshold1`; and with probability
 * `ignore` not by the score at all but favourably with probability `constant`. 2 selects nobody, -1 everybody.
 */
export const GroupRule = z.object({
  p0: z.number(),
  threshold0: z.number(),
  threshold1: z.number(),
  ignore: z.number(),
  constant: z.number(),
})
export type GroupRule = z.infer<typeof GroupRule>

/** Kept with a run, and used by predictions when they are asked to. */
export const GroupThresholds = z.object({
  sensitive: z.string(),
  positive: z.string(),
  constraint: FairnessConstraint,
  tolerance: z.number(),
  /** The split that they were fitted on. */
  fittedOn: Split,
  seed: z.number().int(),
  groups: z.record(z.string(), GroupRule),
})
export type GroupThresholds = z.infer<typeof GroupThresholds>

export const MitigationSpec = z.object({
  run: z.string(),
  sensitive: z.string(),
  constraint: FairnessConstraint.default('demographic-parity'),
  /** How far apart the groups may be; not for equalized odds, which has one solution. */
  tolerance: z.number().min(0).max(1).default(0),
  /** Thresholds are found on this split, and proved on the other. */
  fitOn: Split.default('validation'),
  split: Split.default('test'),
  positive: z.string().optional(),
  rounds: z.number().int().min(100).max(10_000).default(1000),
  level: z.number().gt(0.5).lt(1).default(0.95),
  seed: z.number().int().nonnegative().default(1),
  taskId: z.string().optional(),
})
export type MitigationSpec = z.infer<typeof MitigationSpec>

export const Mitigation = z.object({
  thresholds: GroupThresholds,
  split: Split,
  metric: z.string(),
  before: Audit,
  after: Audit,
  /** Accuracy and gap that can be had at each tolerance, on `split`; empty for equalized odds. */
  frontier: z.array(z.object({ tolerance: z.number(), accuracy: z.number(), gap: z.number() })),
  summary: z.array(z.string()),
})
export type Mitigation = z.infer<typeof Mitigation>
