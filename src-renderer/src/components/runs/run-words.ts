import { formatNumber, formatPercent } from '../../format'
import type { Run, RunStatus } from '@shared/schemas/run'
import type { Split } from '@shared/schemas/dataset'

export interface StatusLook {
  text: string
  icon: string
  /** Classes of the icon; the word says the same. */
  color: string
}

/** Each status with its word, its icon and its colour: never the colour alone. */
export const statusLooks: Record<RunStatus, StatusLook> = {
  queued: { text: 'queued', icon: 'i-lucide-clock', color: 'text-dimmed' },
  running: { text: 'training', icon: 'i-lucide-activity', color: 'text-primary' },
  finished: { text: 'finished', icon: 'i-lucide-circle-check', color: 'text-primary' },
  stopped: { text: 'stopped', icon: 'i-lucide-circle-stop', color: 'text-dimmed' },
  interrupted: { text: 'interrupted', icon: 'i-lucide-circle-pause', color: 'text-amber-600 dark:text-amber-400' },
  failed: { text: 'failed', icon: 'i-lucide-circle-x', color: 'text-error' },
}

export const isActive = ({ status }: Pick<Run, 'status'>): boolean => status === 'running' || status === 'queued'

/** A run with at least one epoch has weights: it can be explained, exported and used. */
export const hasModel = ({ epochs, status }: Pick<Run, 'epochs' | 'status'>): boolean =>
  epochs > 0 && status !== 'running' && status !== 'queued'

/** The one figure that stands for a run: its accuracy, or how far off its numbers are. */
export function headline({ metrics, task }: Pick<Run, 'metrics' | 'task'>, split: Split): string {
  const figures = metrics[split]
  return task === 'regression' ? `± ${formatNumber(figures?.mae)}` : formatPercent(figures?.accuracy)
}

export const splitTitles: Record<Split, string> = { train: 'Train', validation: 'Validation', test: 'Test' }

/** Epochs asked for, when the settings say so. */
export const plannedEpochs = ({ params }: Pick<Run, 'params'>): number | null =>
  typeof params['epochs'] === 'number' ? params['epochs'] : null

/** How a run uses the processor. */
export const threadWords = ({ within, across }: NonNullable<Run['threads']>): string =>
  across > 1 ? `${across}, an op each` : String(within)

/** A setting as people read it. */
export function writeSetting(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}
