import { z } from 'zod'
import { FieldValue, SampleRef } from './dataset'

export const CounterfactualSpec = z.object({
  run: z.string().min(1),
  sample: SampleRef,
  /** The class wanted; any other than the predicted one when left out. */
  targetClass: z.string().optional(),
  /** Fields that must stay as they are, besides sensitive features and ids. */
  lock: z.array(z.string()).default([]),
  /** Fields that may change although they are locked by default. */
  unlock: z.array(z.string()).default([]),
  /** Answers wanted, each by other fields. */
  count: z.number().int().min(1).max(10).default(4),
  taskId: z.string().optional(),
})
export type CounterfactualSpec = z.infer<typeof CounterfactualSpec>

export const LockReason = z.enum(['asked', 'sensitive', 'id', 'derived'])
export type LockReason = z.infer<typeof LockReason>

/** Rows near a sample that the model decides otherwise, each asked of the model itself. */
export const Counterfactuals = z.object({
  runId: z.string(),
  sampleId: z.number().int(),
  predicted: z.string(),
  /** The class that was wanted; null: any other. */
  target: z.string().nullable(),
  /** Of the sample as it is. */
  probabilities: z.record(z.string(), z.number()),
  /** Fields that were not touched, and why. */
  locked: z.array(z.object({ field: z.string(), why: LockReason, text: z.string() })),
  /** Cheapest first. */
  answers: z.array(
    z.object({
      changes: z.array(z.object({ field: z.string(), from: FieldValue, to: FieldValue })),
      predicted: z.string(),
      probabilities: z.record(z.string(), z.number()),
      /** 1 for each changed field, and how far it went: 1 for another category or the width of the middle 90 % of a number. */
      cost: z.number(),
    }),
  ),
  /** Rows that the model was asked about. */
  asked: z.number().int(),
  isCached: z.boolean(),
  seconds: z.number(),
})
export type Counterfactuals = z.infer<typeof Counterfactuals>

export const NearestSpec = z.object({
  run: z.string().min(1),
  sample: SampleRef,
  count: z.number().int().min(1).max(50).default(8),
  taskId: z.string().optional(),
})
export type NearestSpec = z.infer<typeof NearestSpec>

/** The training samples that a network sees as most like a sample: nearest in what its last layer reads. */
export const Nearest = z.object({
  runId: z.string(),
  sampleId: z.number().int(),
  predicted: z.string(),
  /** The layer whose output is compared, and how many numbers it gives. */
  layer: z.string(),
  width: z.number().int(),
  /** Nearest first; `agrees`: labelled as the model decides the sample. Distances are Euclidean. */
  neighbours: z.array(
    z.object({ sampleId: z.number().int(), distance: z.number(), label: z.string(), agrees: z.boolean() }),
  ),
  /** Training samples that were looked at, of all there are. */
  compared: z.number().int(),
  trained: z.number().int(),
  /** From a training sample to the nearest other one: the middle of all, and what 99 of 100 stay below. */
  usual: z.object({ median: z.number(), most: z.number() }),
  /** The sample is farther from all training samples than nearly all of them are from each other. */
  isFar: z.boolean(),
  isCached: z.boolean(),
  seconds: z.number(),
})
export type Nearest = z.infer<typeof Nearest>

export const DependenceSpec = z.object({
  run: z.string().min(1),
  /** A column that the model reads. */
  field: z.string().min(1),
  /** The class whose probability is followed; the favourable outcome, else the first class, when left out. */
  targetClass: z.string().optional(),
  taskId: z.string().optional(),
})
export type DependenceSpec = z.infer<typeof DependenceSpec>

/** A curve over a field's values; 95 of 100 curves of resampled rows lie between `low` and `high`. */
const DependenceCurve = z.object({
  /** Numbers, ISO dates or categories. */
  at: z.array(FieldValue),
  values: z.array(z.number()),
  low: z.array(z.number()),
  high: z.array(z.number()),
})
export type DependenceCurve = z.infer<typeof DependenceCurve>

/** How a run's probability of a class follows one column of its table. */
export const Dependence = z.object({
  runId: z.string(),
  field: z.string(),
  kind: z.enum(['number', 'date', 'category']),
  target: z.string(),
  /** Training rows that were asked about. */
  sampleCount: z.number().int(),
  /** Mean probability over all rows with that value. */
  partial: DependenceCurve,
  /** The same for single rows (individual conditional expectation), at `partial.at`. */
  individual: z.array(z.array(z.number())),
  /** Accumulated local effects, around 0; null for categories, which have no order. */
  accumulated: DependenceCurve.nullable(),
  /** Values in the data: up to 200 of numbers and dates; categories as often as they come, in the order of `partial.at`. */
  rug: z.array(z.union([z.number(), z.string()])),
  counts: z.array(z.number().int()),
  /** The other input that goes together with it most. */
  related: z.object({ field: z.string(), strength: z.number(), measure: z.string() }).nullable(),
  preferred: z.enum(['accumulated', 'partial']),
  /** Why, in words. */
  reason: z.string(),
  isCached: z.boolean(),
  seconds: z.number(),
})
export type Dependence = z.infer<typeof Dependence>
