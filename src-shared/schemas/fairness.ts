import { z } from 'zod'
import { Split } from './dataset'

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
  sensitive: z.array(z.string()).min(1).max(2),
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
})
export type Disparity = z.infer<typeof Disparity>

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
  /** Sentences in plain language; the first is the headline. */
  summary: z.array(z.string()),
})
export type Audit = z.infer<typeof Audit>
