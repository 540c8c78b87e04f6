import { WorkbenchError } from '@shared/errors'
import type { BatchMaker } from './batches'
import { EagerStepper } from './eager-stepper'
import type { RunParams } from './settings'
import type { Stepper } from './stepper'
import { tf, type LayersModel } from './tf'
import { TracedStepper } from './traced-stepper'
import type { TrainingSet } from './training-loop'

interface Input {
  model: LayersModel
  params: RunParams
  /** Share of the learning rate at which a weight learns, by its name; all at the full rate where absent. */
  rateOf?(weight: string): number
  set: TrainingSet
  batches: BatchMaker
  log(text: string): void
}

/**
 * The fastest way of training that this engine and network allow: recorded as a graph, or else op by op. Which one, and
 * why, goes to the log.
 */
export function createStepper({ model, params, rateOf = () => 1, set, batches, log }: Input): Stepper {
  const { data, labels, train } = set
  const eager = () => new EagerStepper(model, params, data, batches, rateOf)
  if (tf.getBackend() !== 'tensorflow' || process.env['PELLUCID_TRACE'] === 'off') return eager()
  const last = train.length % params.batchSize
  const full = Math.min(params.batchSize, train.length)
  try {
    const sizes = last > 0 && last !== full ? [full, last] : [full]
    const stepper = new TracedStepper({ model, params, rateOf, data, batches, labels, sizes })
    log(`Training steps run as a graph, up to ${stepper.stepsPerCall} per call.`)
    return stepper
  } catch (error) {
    if (!(error instanceof WorkbenchError) || error.code !== 'incompatible') throw error
    log(`Training steps run op by op: ${error.message}`)
    return eager()
  }
}
