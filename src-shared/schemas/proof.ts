import { z } from 'zod'

export const PackSpec = z.object({
  run: z.string().min(1),
  /** Where the proof is written. */
  out: z.string().min(1),
  /** Puts the samples in, so that the proof can be recomputed without anything else. */
  withData: z.boolean().default(false),
  taskId: z.string().optional(),
})
export type PackSpec = z.infer<typeof PackSpec>

export const Packed = z.object({
  files: z.array(z.string()),
  /** SHA-256 over everything in the proof: who knows it knows whether a proof is this one. */
  fingerprint: z.string(),
  figures: z.number().int(),
})
export type Packed = z.infer<typeof Packed>

export const VerifySpec = z.object({
  file: z.string().min(1),
  /** A folder with the data that the run was trained on. */
  data: z.string().optional(),
  retrain: z.boolean().default(false),
  taskId: z.string().optional(),
})
export type VerifySpec = z.infer<typeof VerifySpec>

export const ProofProblem = z.object({
  /** `tampered`: not what was sealed. `data`: the data is not what was packed. `figure`: recomputed, it differs. */
  kind: z.enum(['tampered', 'data', 'figure', 'retrained']),
  /** What it is about, e.g. `figures.test.accuracy` or `model.safetensors`. */
  name: z.string(),
  expected: z.string(),
  found: z.string(),
})
export type ProofProblem = z.infer<typeof ProofProblem>

export const ProofReport = z.object({
  fingerprint: z.string(),
  run: z.object({ name: z.string(), family: z.string(), dataset: z.string(), packedAt: z.number() }),
  /** How far it could be checked. */
  level: z.enum(['integrity', 'recomputed', 'retrained']),
  isSound: z.boolean(),
  problems: z.array(ProofProblem),
  /** Figures that were recomputed. */
  checked: z.number().int(),
  /** Relative difference that is allowed; 0 on the machine that packed it. */
  tolerance: z.number(),
  /** What was checked and what was not, in sentences; the first is the verdict. */
  summary: z.array(z.string()),
})
export type ProofReport = z.infer<typeof ProofReport>
