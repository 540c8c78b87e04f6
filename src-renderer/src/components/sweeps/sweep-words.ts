import type { Sweep, SweepTrial } from '@shared/schemas/sweep'
import { formatNumber, formatPercent } from '../../format'
import { statusLooks, type StatusLook } from '../runs/run-words'

export const sweepLooks: Record<Sweep['status'], StatusLook> = {
  running: { ...statusLooks.running, text: 'running' },
  finished: statusLooks.finished,
  stopped: statusLooks.stopped,
  interrupted: statusLooks.interrupted,
}

export const trialLooks: Record<SweepTrial['state'], StatusLook> = {
  waiting: { ...statusLooks.queued, text: 'waiting' },
  running: statusLooks.running,
  finished: statusLooks.finished,
  pruned: { text: 'fell behind', icon: 'i-lucide-scissors', color: 'text-dimmed' },
  stopped: statusLooks.stopped,
  failed: statusLooks.failed,
}

export const endedCount = ({ trials }: Sweep): number =>
  trials.filter(({ state }) => state !== 'waiting' && state !== 'running').length

export const writeScore = (score: number | null, { spec }: Sweep): string =>
  spec.objective === 'accuracy' ? formatPercent(score) : formatNumber(score)
