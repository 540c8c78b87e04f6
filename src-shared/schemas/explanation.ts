import { z } from 'zod'
import { TensorData } from '../tensor-data'
import { FieldValue, SampleRef, Split } from './dataset'
import { Params } from './run'

export const ExplainSpec = z.object({
  run: z.string(),
  sample: SampleRef,
  method: z.string(),
  params: Params.default({}),
  /** The class explained; the predicted one when left out. */
  targetClass: z.string().optional(),
  taskId: z.string().optional(),
})
export type ExplainSpec = z.infer<typeof ExplainSpec>

export const Explanation = z.object({
  runId: z.string(),
  sampleId: z.number().int(),
  method: z.string(),
  params: Params,
  target: z.string(),
  predicted: z.string(),
  probabilities: z.record(z.string(), z.number()),
  /** The input's shape without the batch axis; Grad-CAM: [height, width] at input size. */
  attribution: TensorData,
  /** What the model saw, [height, width, channels] in 0-1 (pictures) or [features] (tables). */
  input: TensorData,
  signed: z.boolean(),
  min: z.number(),
  max: z.number(),
  /** |sum of attributions - (f(input) - f(baseline))|; null where the method promises no completeness. */
  convergenceDelta: z.number().nullable(),
  /** Tables: attributions summed per field, largest magnitude first. */
  fields: z.array(z.object({ name: z.string(), value: FieldValue, attribution: z.number() })).optional(),
  isCached: z.boolean(),
  seconds: z.number(),
})
export type Explanation = z.infer<typeof Explanation>

export const ImportanceSpec = z.object({
  run: z.string(),
  method: z.string().default('permutation-importance'),
  params: Params.default({}),
  split: Split.default('test'),
  taskId: z.string().optional(),
})
export type ImportanceSpec = z.infer<typeof ImportanceSpec>

/** A statement about a whole split: drop in the score when a field is shuffled, with its spread over repeats. */
export const Importance = z.object({
  runId: z.string(),
  method: z.string(),
  params: Params,
  split: Split,
  sampleCount: z.number().int(),
  scoreName: z.string(),
  score: z.number(),
  fields: z.array(z.object({ name: z.string(), mean: z.number(), low: z.number(), high: z.number() })),
  isCached: z.boolean(),
  seconds: z.number(),
})
export type Importance = z.infer<typeof Importance>
