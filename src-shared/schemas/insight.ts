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
