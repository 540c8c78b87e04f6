import { z } from 'zod'
import { DatasetRef } from './dataset'

export const QualityKind = z.enum([
  'label-error',
  'leak',
  'exact-duplicate',
  'near-duplicate',
  'blank',
  'blurred',
  'imbalance',
])
export type QualityKind = z.infer<typeof QualityKind>

export const QualitySpec = z.object({
  dataset: DatasetRef,
  /** Finished runs whose predictions of samples that they did not train on point at wrong labels. */
  runs: z.array(z.string().min(1)).default([]),
  taskId: z.string().optional(),
})
export type QualitySpec = z.infer<typeof QualitySpec>

/** One thing to look at: samples that belong together, worst first within their kind. */
export const Suspicion = z.object({
  sampleIds: z.array(z.number().int()),
  /** One sentence with the figures behind it. */
  why: z.string(),
})
export type Suspicion = z.infer<typeof Suspicion>

export const Finding = z.object({
  kind: QualityKind,
  /** What was found, and what to do about it. */
  text: z.string(),
  /** Of all suspicions, also those beyond the list. */
  total: z.number().int(),
  /** At most 1 000. */
  suspicions: z.array(Suspicion),
})
export type Finding = z.infer<typeof Finding>

export const QualityReport = z.object({
  /** Most urgent first; a kind that found nothing is left out. */
  findings: z.array(Finding),
  /** What could not be looked at, and why. */
  notes: z.array(z.string()),
  sampleCount: z.number().int(),
})
export type QualityReport = z.infer<typeof QualityReport>
