import { z } from 'zod'
import { DatasetRef } from './dataset'
import { Params } from './run'

/** What one hyperparameter may be: values to choose from, or a range. */
export const Dimension = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('choice'), values: z.array(z.unknown()).min(1).max(50) }),
  z.object({
    kind: z.literal('range'),
    low: z.number(),
    high: z.number(),
    /** 'log' draws every order of magnitude equally often: right for learning rates. */
    scale: z.enum(['linear', 'log']).default('linear'),
    integer: z.boolean().default(false),
    /** How many values a grid takes of it, both ends included. */
    steps: z.number().int().min(2).max(20).default(3),
  }),
])
export type Dimension = z.infer<typeof Dimension>

export const SweepStrategy = z.enum(['grid', 'random', 'halving'])
export type SweepStrategy = z.infer<typeof SweepStrategy>

export const SweepSpec = z.object({
  dataset: DatasetRef,
  family: z.string(),
  preset: z.string().optional(),
  /** Hyperparameters that stay as they are. */
  params: Params.default({}),
  space: z.record(z.string(), Dimension).refine((space) => Object.keys(space).length > 0, 'Vary at least one setting.'),
  /** 'halving' draws at random and stops early what falls behind at the same epoch (ASHA). */
  strategy: SweepStrategy.default('random'),
  /** Configurations to try; a grid has as many as it has. */
  trials: z.number().int().min(1).max(500).default(20),
  /** Runs of each configuration, from different seeds. */
  seeds: z.number().int().min(1).max(20).default(1),
  /** Of the validation split. Where a number is predicted, 'accuracy' is taken for the mean absolute error. */
  objective: z.enum(['accuracy', 'loss', 'mae']).default('accuracy'),
  /** Fixes what is drawn. */
  seed: z.number().int().min(0).default(1),
  name: z.string().trim().min(1).max(120).optional(),
})
export type SweepSpec = z.infer<typeof SweepSpec>

export const SweepTrial = z.object({
  /** From 0, in the order of starting. */
  index: z.number().int(),
  /** Which configuration; the seeds of one share it. */
  config: z.number().int(),
  seed: z.number().int(),
  /** The varied settings only. */
  params: Params,
  /** Null before its start, and once the run was deleted. */
  runId: z.string().nullable(),
  state: z.enum(['waiting', 'running', 'finished', 'pruned', 'stopped', 'failed']),
  /** Of the objective on the validation split. */
  score: z.number().nullable(),
  epochs: z.number().int(),
  /** Why it failed. */
  reason: z.string().nullable(),
})
export type SweepTrial = z.infer<typeof SweepTrial>

export const SweepConfig = z.object({
  config: z.number().int(),
  params: Params,
  /** Mean over its finished seeds. */
  score: z.number().nullable(),
  /** 95 % t-interval of the mean; null for fewer than two seeds. */
  interval: z.tuple([z.number(), z.number()]).nullable(),
  seeds: z.number().int(),
  /** The run to look at: its best one. */
  runId: z.string().nullable(),
})
export type SweepConfig = z.infer<typeof SweepConfig>

export const Sweep = z.object({
  sweepId: z.string(),
  name: z.string(),
  datasetId: z.string(),
  datasetName: z.string(),
  status: z.enum(['running', 'finished', 'stopped', 'interrupted']),
  spec: SweepSpec,
  trials: z.array(SweepTrial),
  /** Best first; those without a score last. */
  configs: z.array(SweepConfig),
  /** Share of the spread of scores that each varied setting explains by itself; null with too few trials. */
  importance: z.array(z.object({ param: z.string(), share: z.number().nullable() })),
  createdAt: z.number(),
  endedAt: z.number().nullable(),
})
export type Sweep = z.infer<typeof Sweep>
