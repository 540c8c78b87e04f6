import type { TrainingParams } from './training-params'

type ScheduleParams = Pick<
  TrainingParams,
  'schedule' | 'learningRate' | 'epochs' | 'warmupEpochs' | 'stepEpochs' | 'stepFactor'
>

/** Cosine schedules end at this share of the learning rate. */
const floor = 0.01

/**
 * Learning rate of step `step` (from 0) in a run of `stepsPerEpoch * epochs` steps. Cosine: Loshchilov & Hutter, "SGDR",
 * 2017, without restarts; warm-up: Goyal et al., "Accurate, large minibatch SGD", 2017.
 */
export function learningRateAt(step: number, stepsPerEpoch: number, params: ScheduleParams): number {
  const { schedule, learningRate, epochs, warmupEpochs, stepEpochs, stepFactor } = params
  if (schedule === 'constant') return learningRate
  if (schedule === 'step') return learningRate * stepFactor ** Math.floor(step / stepsPerEpoch / stepEpochs)
  const total = epochs * stepsPerEpoch
  const warmup = schedule === 'warmup-cosine' ? Math.min(total, warmupEpochs * stepsPerEpoch) : 0
  if (step < warmup) return (learningRate * (step + 1)) / Math.ceil(warmup + 1)
  const done = total > warmup ? (step - warmup) / (total - warmup) : 1
  return learningRate * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * Math.min(1, done)))) / 2)
}
