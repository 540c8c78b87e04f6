import { z } from 'zod'
import { Modality, Task } from './schemas/dataset'

/**
 * How one knob of a plug-in is shown and set. Made from the plug-in's zod schema with `z.toJSONSchema`; `.meta()` gives
 * `title`, `description` (one sentence of help), and the extra keys below.
 */
export const ParamSchema = z.looseObject({
  type: z.string().optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  /** Heading under which the form shows it: 'Network', 'Optimizer', 'Regularisation', 'Augmentation', 'Stopping' … */
  group: z.string().optional(),
  unit: z.string().optional(),
  /** Folded away until asked for. */
  advanced: z.boolean().optional(),
})
export type ParamSchema = z.infer<typeof ParamSchema>

export const ParamsSchema = z.looseObject({ properties: z.record(z.string(), ParamSchema) })
export type ParamsSchema = z.infer<typeof ParamsSchema>

export const FamilyDescriptor = z.object({
  id: z.string(),
  title: z.string(),
  summary: z.string(),
  reference: z.string().optional(),
  modalities: z.array(Modality),
  /** Kinds of data for which it is proposed before the others. */
  firstChoiceFor: z.array(Modality),
  tasks: z.array(Task),
  params: ParamsSchema,
  /** Named sets of hyperparameters; `suits` says in a few words when. The first one that fits the data is the default. */
  presets: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      suits: z.string(),
      modalities: z.array(Modality),
      /** Tasks that it suits; left out: all of the family's. */
      tasks: z.array(Task).optional(),
      params: z.record(z.string(), z.unknown()),
    }),
  ),
})
export type FamilyDescriptor = z.infer<typeof FamilyDescriptor>

export const AttributionDescriptor = z.object({
  id: z.string(),
  title: z.string(),
  /** One sentence: what the map shows. */
  summary: z.string(),
  reference: z.string(),
  scope: z.enum(['sample', 'dataset']),
  signed: z.boolean(),
  complete: z.boolean(),
  modalities: z.array(Modality),
  /** Families it works with; empty: any. */
  families: z.array(z.string()),
  params: ParamsSchema,
})
export type AttributionDescriptor = z.infer<typeof AttributionDescriptor>

export const FairnessMetricDescriptor = z.object({
  id: z.string(),
  title: z.string(),
  summary: z.string(),
  reference: z.string(),
  /** 'rate': one value per group; 'difference' and 'ratio': one value over the groups. */
  kind: z.enum(['rate', 'difference', 'ratio']),
  ideal: z.number().nullable(),
})
export type FairnessMetricDescriptor = z.infer<typeof FairnessMetricDescriptor>

export const ModalityDescriptor = z.object({
  id: Modality,
  title: z.string(),
  extensions: z.array(z.string()),
  viewer: z.string(),
  labelKinds: z.array(z.string()),
})
export type ModalityDescriptor = z.infer<typeof ModalityDescriptor>

export const SampleDatasetDescriptor = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string(),
  modality: Modality,
  sampleCount: z.number().int(),
  sizeBytes: z.number().int(),
  licence: z.string(),
  source: z.string(),
})

export const Catalog = z.object({
  modalities: z.array(ModalityDescriptor),
  families: z.array(FamilyDescriptor),
  attributions: z.array(AttributionDescriptor),
  fairnessMetrics: z.array(FairnessMetricDescriptor),
  sampleDatasets: z.array(SampleDatasetDescriptor),
})
export type Catalog = z.infer<typeof Catalog>
