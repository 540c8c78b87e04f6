import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchMaker } from '../../../src-main/ml/batches'
import { createStepper } from '../../../src-main/ml/create-stepper'
import { TrainingLoop } from '../../../src-main/ml/training-loop'
import { TrainingParams } from '../../../src-main/ml/training-params'
import { nativeBackend } from '../../../src-main/ml/engine/recorder'
import { trained } from './nets.mjs'
import { firstStepDone, serve } from './protocol.mjs'
import { madeUpData, madeUpLabels } from './samples.mjs'

/** Trains a workload by the product's own loop: its batches, order, metrics, events and checkpoints. */
export async function serveTraining(workload) {
  const { build, count, batchSize, ...facts } = trained[workload]
  const data = madeUpData({ count, ...facts })
  const labels = madeUpLabels(count, 10)
  const params = TrainingParams.parse({ epochs: 10_000, batchSize, dropout: 0 })
  const set = { data, labels, train: Int32Array.from({ length: count }, (_, i) => i), validation: new Int32Array(0) }
  const batches = new BatchMaker(data, labels, Array(10).fill(1), params, null)
  const log = (text) => console.error(`${workload}: ${text}`)
  const stepper = createStepper({ model: build(false), params, set, batches, log })
  const runDir = mkdtempSync(join(tmpdir(), 'pellucid-bench-'))
  const copied = countCopiedBytes()

  const events = { progressed: () => {}, epochEnded: () => {} }
  const loop = new TrainingLoop(stepper, params, set, runDir, events, () => 'see the log')
  const done = () => loop.progress.samplesTrained + loop.progress.running.samples

  async function train(seconds) {
    const controller = new AbortController()
    const [before, bytesBefore, stepBefore, from] = [done(), copied(), loop.progress.step, performance.now()]
    let measured
    events.progressed = () => {
      const elapsed = (performance.now() - from) / 1000
      if (measured || elapsed < seconds) return
      const steps = loop.progress.step - stepBefore
      const bytesPerStep = Math.round((copied() - bytesBefore) / steps)
      measured = { done: done() - before, seconds: elapsed, bytesPerStep }
      controller.abort()
    }
    await loop.run(controller.signal)
    return measured
  }

  await train(0)
  firstStepDone()
  await train(0.3)
  process.on('exit', () => rmSync(runDir, { recursive: true, force: true }))
  await serve(train)
}

/** How many bytes went from JavaScript into the engine and back, since the start. */
function countCopiedBytes() {
  const backend = nativeBackend()
  const { binding } = backend
  const counting = {}
  for (const key of new Set([...Object.getOwnPropertyNames(binding), ...Object.keys(binding)]))
    counting[key] = binding[key]
  let bytes = 0
  counting.createTensor = (shape, dtype, values) => {
    bytes += values.byteLength ?? 4 * values.length
    return binding.createTensor(shape, dtype, values)
  }
  counting.tensorDataSync = (id) => {
    const values = binding.tensorDataSync(id)
    bytes += values.byteLength ?? 4 * values.length
    return values
  }
  backend.binding = counting
  return () => bytes
}
