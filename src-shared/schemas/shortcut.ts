import { z } from 'zod'
import { SampleRef } from './dataset'
import { Explanation } from './explanation'
import { Params } from './run'

export const ShortcutSpec = z.object({
  run: z.string().min(1),
  /** Looks again, though the run keeps what was found before. */
  again: z.boolean().default(false),
  taskId: z.string().optional(),
})
export type ShortcutSpec = z.infer<typeof ShortcutSpec>

/** A mean over samples with its 95 % interval. */
const Estimate = z.object({ value: z.number(), low: z.number(), high: z.number(), n: z.number().int() })
export type Estimate = z.infer<typeof Estimate>

/** One region, word or field that the model leans on for a class. */
export const Shortcut = z.object({
  kind: z.enum(['region', 'word', 'field']),
  /** "the 3 x 3 pixels at the top left", "“amazing”". */
  title: z.string(),
  class: z.string(),
  /** Share of the class's attributions that lie there. */
  share: z.number(),
  /** By how much the probability of the class falls, over its own samples, when it is masked. */
  drop: Estimate,
  /** By how much it rises in samples of other classes that are given it; null where there was nobody to give it to. */
  rise: Estimate.nullable(),
  /** The fall for every class when it is masked, over that class's own samples. */
  byClass: z.array(z.object({ class: z.string(), drop: Estimate })),
  /** Both effects are large: it goes a long way to decide by itself, in whatever sample it stands. */
  isStrong: z.boolean(),
  text: z.string(),
  /** Settings of a run that never sees it. */
  mask: Params,
  /** Regions: in shares of the picture. */
  region: z.object({ left: z.number(), top: z.number(), width: z.number(), height: z.number() }).optional(),
  /** Some samples of the class that have it. */
  examples: z.array(z.number().int()),
})
export type Shortcut = z.infer<typeof Shortcut>

export const ShortcutReport = z.object({
  runId: z.string(),
  kind: z.enum(['region', 'word', 'field']),
  summary: z.array(z.string()),
  /** Strongest first. */
  found: z.array(Shortcut),
  /** Labelled samples that were asked, of how many there are, and candidates that were measured. */
  sampleCount: z.number().int(),
  of: z.number().int(),
  candidates: z.number().int(),
  seconds: z.number(),
  isKept: z.boolean(),
})
export type ShortcutReport = z.infer<typeof ShortcutReport>

export const MaskSpec = z.object({
  run: z.string().min(1),
  /** As `Shortcut.mask`; joined to what the run masks already. */
  mask: Params,
  name: z.string().trim().max(120).optional(),
})
export type MaskSpec = z.infer<typeof MaskSpec>

export const DifferenceSpec = z.object({
  run: z.string().min(1),
  against: z.string().min(1),
  samples: z.array(SampleRef).min(1).max(100),
  method: z.string(),
  params: Params.default({}),
  /** The class explained by both runs; left out: what the first run predicts of each sample. */
  targetClass: z.string().optional(),
  taskId: z.string().optional(),
})
export type DifferenceSpec = z.infer<typeof DifferenceSpec>

/** Explanations of the same samples by two runs: each sample's maps, and how they differ over all of them. */
export const Difference = z.object({
  run: z.string(),
  against: z.string(),
  method: z.string(),
  samples: z.array(z.object({ first: Explanation, second: Explanation })),
  /** Largest magnitude in any map of either run, by pixel, word or field: the one scale for all of them. */
  scale: z.number(),
  /**
   * Pictures: |first - second| by pixel, averaged over the samples, [height, width]; those of at least `threshold` times
   * the largest are where the runs differ.
   */
  where: z
    .object({
      shape: z.tuple([z.number().int(), z.number().int()]),
      data: z.array(z.number()),
      threshold: z.number(),
      pixels: z.number().int(),
      /** Intersection over union of these pixels with what only one of the runs masks; null where none does. */
      overlap: z.number().nullable(),
    })
    .optional(),
  /** Texts and tables: the means by word or field, and that of |first - second|, largest first. */
  parts: z
    .array(z.object({ name: z.string(), first: z.number(), second: z.number(), distance: z.number() }))
    .optional(),
})
export type Difference = z.infer<typeof Difference>
