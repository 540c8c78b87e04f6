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

/** What of a graph a node's answer was asked about: attributions are those of its features, then those of the edges. */
export const GraphPart = z.object({
  /** By row of the dataset, from 1; the node itself comes first. `hop`: how many edges it is away. */
  nodes: z.array(z.object({ row: z.number().int(), hop: z.number().int() })),
  /** Ends by place in `nodes`. */
  edges: z.array(z.tuple([z.number().int(), z.number().int()])),
  features: z.array(z.string()),
  /** Edges near enough to matter that were not asked about. */
  left: z.number().int(),
})
export type GraphPart = z.infer<typeof GraphPart>

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
  /** Texts: the words that the model read, one per attribution, and where each stands in the text that was read. */
  words: z
    .array(z.object({ text: z.string(), start: z.number().int(), end: z.number().int(), isKnown: z.boolean() }))
    .optional(),
  /** Texts: what was read, cut where the model stops reading. */
  text: z.string().optional(),
  /** Tables: attributions summed per field, largest magnitude first. */
  fields: z.array(z.object({ name: z.string(), value: FieldValue, attribution: z.number() })).optional(),
  /** Nodes of a graph. */
  graph: GraphPart.optional(),
  isCached: z.boolean(),
  seconds: z.number(),
})
export type Explanation = z.infer<typeof Explanation>

export const Verdict = z.enum(['passes', 'doubtful', 'fails'])
export type Verdict = z.infer<typeof Verdict>

/** What one check of a map found; `value` decides, `low` to `high` is the range it was seen in. */
export const CheckFound = z.object({
  id: z.string(),
  title: z.string(),
  question: z.string(),
  reference: z.string(),
  verdict: Verdict,
  value: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** What was done and what came out, in plain words with the figures. */
  text: z.string(),
  figures: z.array(z.object({ name: z.string(), value: z.number().nullable() })),
})
export type CheckFound = z.infer<typeof CheckFound>

/** A map's badge: checks run on that very map. `overall` is the worst verdict. */
export const MapChecks = z.object({
  runId: z.string(),
  sampleId: z.number().int(),
  method: z.string(),
  target: z.string(),
  overall: Verdict,
  checks: z.array(CheckFound),
  isCached: z.boolean(),
  seconds: z.number(),
})
export type MapChecks = z.infer<typeof MapChecks>

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
