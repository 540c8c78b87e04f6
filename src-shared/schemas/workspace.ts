import { z } from 'zod'

export const EngineStatus = z.object({
  /** 'tensorflow' is native; 'cpu' is the pure-JavaScript fallback. */
  backend: z.enum(['tensorflow', 'cpu', 'starting', 'unavailable']),
  device: z.string(),
  threads: z.number().int(),
  version: z.string().nullable(),
  /** Why it is not native, or not running. */
  reason: z.string().nullable(),
})
export type EngineStatus = z.infer<typeof EngineStatus>

export const Holder = z.object({
  pid: z.number().int(),
  kind: z.enum(['window', 'serve', 'cli', 'test']),
  since: z.number(),
  host: z.string(),
})
export type Holder = z.infer<typeof Holder>

export const WorkspaceInfo = z.object({
  path: z.string(),
  version: z.string(),
  schemaVersion: z.number().int(),
  isReadOnly: z.boolean(),
  holder: Holder.nullable(),
  engine: EngineStatus,
  /** Bytes that this program sent to other hosts since it started; its point is to stay 0. */
  bytesSent: z.number().int(),
  /** No dataset was ever imported: offer the samples and the tour. */
  isFirstStart: z.boolean(),
  shell: z.enum(['desktop', 'browser', 'cli']),
  platform: z.string(),
  isPlatformTested: z.boolean(),
  diskFreeBytes: z.number().nullable(),
})
export type WorkspaceInfo = z.infer<typeof WorkspaceInfo>

export const Settings = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** Runs trained at the same time. */
  parallelRuns: z.number().int().min(1).max(8).default(1),
  /** CPU threads per training process; 0 lets the engine choose. */
  threads: z.number().int().min(0).max(256).default(0),
  confidenceLevel: z.number().gt(0.5).lt(1).default(0.95),
  /** A group with fewer samples is marked small in a bias report. */
  smallGroup: z.number().int().min(1).max(1000).default(30),
  isTourDone: z.boolean().default(false),
})
export type Settings = z.infer<typeof Settings>

export const Check = z.object({
  id: z.string(),
  ok: z.boolean(),
  found: z.string(),
  expected: z.string(),
  fix: z.string().nullable(),
})
export const Doctor = z.object({
  ok: z.boolean(),
  checks: z.array(Check),
  engine: z.object({ backend: z.string(), device: z.string(), threads: z.number().int() }),
})
export type Doctor = z.infer<typeof Doctor>

export const LogEntry = z.object({
  at: z.number(),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  source: z.string(),
  message: z.string(),
})
export type LogEntry = z.infer<typeof LogEntry>

/** Progress of anything that takes over a second. `done` of `total` in `unit`; total null while unknown. */
export const TaskProgressed = z.object({
  taskId: z.string(),
  title: z.string(),
  done: z.number(),
  total: z.number().nullable(),
  unit: z.string(),
  ratePerSecond: z.number().nullable(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
})
export type TaskProgressed = z.infer<typeof TaskProgressed>

export const FileEntry = z.object({
  name: z.string(),
  path: z.string(),
  isFolder: z.boolean(),
  sizeBytes: z.number().nullable(),
})
