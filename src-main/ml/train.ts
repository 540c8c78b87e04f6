import { WorkbenchError } from '@shared/errors'
import type { EpochEnded, Params, RunProgressed } from '@shared/schemas/run'
import { BatchMaker, classWeightsOf } from './batches'
import { loadCheckpoint, saveWeights, tidyRunFolder, type Checkpoint } from './checkpoint'
import { explainDivergence } from './divergence'
import { augmentationOf } from './encode/augment'
import { fitEncoding, inputShapeOf } from './encode/encoding'
import type { TrainingData } from './encode/training-data'
import { evaluationBatch } from './evaluate'
import { loadModelSpec, parameterCountOf, saveModelSpec, withMemoryAdvice, type ModelSpec } from './model'
import { classJudge, concludeRun, indicesOf, type SamplePrediction } from './outcome'
import { numberJudge } from './outcome-numbers'
import { findProblems, fitVocabulary } from './problems'
import { reweighing } from './reweigh'
import { familyNamed, resolveParams } from './settings'
import type { Snapshot, TrainOutcome } from './snapshot'
import { readSnapshot } from './snapshot-file'
import { createStepper } from './create-stepper'
import { disposeBoth, networkAndData, rateOf, withFrozen } from './learning-part'
import type { Stepper } from './stepper'
import { fitTarget, standardised, type TargetScale } from './target-scale'
import { engineStatus } from './tf'
import { TrainingLoop, type LoopEvents, type TrainingSet } from './training-loop'

export interface TrainInput {
  runId: string
  runDir: string
  family: string
  params: Params
  resume: boolean
  cacheDir: string
}

export interface TrainEvents {
  progress(progress: RunProgressed): void
  epoch(epoch: EpochEnded): void
  predictions(rows: SamplePrediction[]): void
  notice(text: string): void
  /** A line for the log, of no interest to whoever trains. */
  log?(text: string): void
}

const progressMs = 100
/** A stopped run is asked to leave within ten seconds; its last predictions get this much of it. */
const stoppedMs = 5000

/**
 * Trains one run from its folder's `snapshot.json` to predictions of every sample. When `signal` fires it stops after the
 * step under way, keeps a checkpoint and reports what it has.
 */
export const train = (input: TrainInput, signal: AbortSignal, events: TrainEvents): Promise<TrainOutcome> =>
  withMemoryAdvice(() => trainRun(input, signal, events))

/** What the run is and where it stands: as its folder says, or prepared anew. */
async function beginning(input: TrainInput, snapshot: Snapshot, checkpoint: Checkpoint | null) {
  const spec = checkpoint && (await loadModelSpec(input.runDir))
  if (!checkpoint || !spec) return { spec: await prepare(input, snapshot), checkpoint: null }
  const batchSize = Number(input.params['batchSize'] ?? spec.params.batchSize)
  return batchSize === spec.params.batchSize
    ? { spec, checkpoint }
    : rebatched(input.runDir, spec, checkpoint, {
        batchSize,
        trainCount: indicesOf(snapshot, 'train', true).length,
      })
}

/**
 * A run goes on with other batches than before when the last ones did not fit into memory: its checkpoint's place in the
 * epoch is counted anew.
 */
async function rebatched(
  runDir: string,
  spec: ModelSpec,
  checkpoint: Checkpoint,
  { batchSize, trainCount }: { batchSize: number; trainCount: number },
) {
  const ratio = spec.params.batchSize / batchSize
  const { epoch, stepInEpoch: before } = checkpoint.progress
  const stepInEpoch = Math.floor(before * ratio)
  const place = { step: epoch * Math.ceil(trainCount / batchSize) + stepInEpoch, stepInEpoch }
  const changed = { ...spec, params: { ...spec.params, batchSize } }
  await saveModelSpec(runDir, changed)
  return { spec: changed, checkpoint: { ...checkpoint, progress: { ...checkpoint.progress, ...place } } }
}

async function trainRun(input: TrainInput, signal: AbortSignal, events: TrainEvents): Promise<TrainOutcome> {
  const notices: string[] = []
  const notice = (text: string) => (notices.push(text), events.notice(text))
  await tidyRunFolder(input.runDir)
  const snapshot = await readSnapshot(input.runDir)
  const resumed = input.resume ? await loadCheckpoint(input.runDir) : null
  if (resumed?.notice) notice(resumed.notice)
  const { spec, checkpoint } = await beginning(input, snapshot, resumed?.checkpoint ?? null)
  const report = reporter(input.runId, spec.params.epochs, events)
  const preparing = (done: number) => report({ phase: 'preparing', step: done, steps: snapshot.samples.length })
  const { model, data, whole } = await networkAndData(spec, snapshot, input.cacheDir, signal, preparing)
  delete snapshot.table // its values are encoded by now, and may be most of the memory
  const set = trainingSetOf(snapshot, data, spec.target)
  const weights = classWeightsOf(spec.params.classWeights, perClass(snapshot))
  const batches = new BatchMaker(
    data,
    set.labels,
    weights,
    spec.params,
    augmentationOf(spec.params),
    sampleWeightsOf(snapshot, set),
  )
  const log = (text: string) => events.log?.(text)
  const stepper = freeing(
    () => disposeBoth(model, whole),
    () => createStepper({ model, params: spec.params, rateOf: rateOf(spec), set, batches, log }),
  )
  const loop = createLoop(
    input,
    spec,
    set,
    stepper,
    explainDivergence(model, stepper, batches, spec.params),
    report,
    events,
  )
  try {
    if (checkpoint) loop.restore(checkpoint)
    const status = await loop.run(signal)
    const { epoch, samplesTrained, secondsTrained } = loop.progress
    if (status === 'finished' && epoch < spec.params.epochs)
      notice(`Stopped early after epoch ${epoch}: the validation loss was lowest at epoch ${loop.bestEpoch}.`)
    await saveWeights(input.runDir, withFrozen(whole, stepper.weights()))
    const isLate = lateAfterAbort(signal)
    const predict = (indices: Int32Array) => stepper.predict(indices)
    const batch = evaluationBatch(data.size)
    const judge = spec.target ? numberJudge(snapshot, spec.target, spec.params) : classJudge(snapshot)
    const { isComplete, ...figures } = await concludeRun(
      predict,
      batch,
      snapshot,
      judge,
      isLate,
      (rows, done, total) => {
        events.predictions(rows)
        report({ phase: 'evaluating', step: done, steps: total, epoch })
      },
    )
    if (!isComplete) notice('The run was stopped before all its samples were predicted; resume it to complete them.')
    return {
      status: isComplete ? status : 'stopped',
      epochs: epoch,
      bestEpoch: loop.bestEpoch,
      samplesPerSecond: secondsTrained > 0 ? samplesTrained / secondsTrained : null,
      ...figures,
      parameterCount: parameterCountOf(whole),
      device: engineStatus().device,
      notices,
      params: spec.params,
    }
  } finally {
    stepper.dispose()
    disposeBoth(model, whole)
    data.close?.()
  }
}

/** Reweighed by groups over the training split; samples of the others are never trained on. Null: all count the same. */
function sampleWeightsOf({ samples, reweighBy }: Snapshot, { train, labels }: TrainingSet): Float32Array | null {
  if (!reweighBy) return null
  const weights = new Float32Array(samples.length).fill(1)
  const groups = Array.from(train, (index) => samples[index]!.group ?? '')
  const found = reweighing(
    groups,
    train.map((index) => labels[index]!),
  )
  train.forEach((index, i) => (weights[index] = found[i]!))
  return weights
}

/** Frees the models when `create` fails: what comes next needs the memory. */
function freeing<T>(free: () => void, create: () => T): T {
  try {
    return create()
  } catch (error) {
    free()
    throw error
  }
}

/** True some seconds after the signal has fired. */
function lateAfterAbort(signal: AbortSignal): () => boolean {
  let deadline = Infinity
  const begin = () => (deadline = performance.now() + stoppedMs)
  if (signal.aborted) begin()
  else signal.addEventListener('abort', begin, { once: true })
  return () => performance.now() > deadline
}

/** Checks the settings against the data, fits the encoding and writes down what the network is. */
async function prepare({ runDir, family: id, params: asked }: TrainInput, snapshot: Snapshot): Promise<ModelSpec> {
  const family = familyNamed(id)
  const { modality, task, classes, samples } = snapshot
  const context = { modality, task, sampleCount: samples.length, inputShape: [], classCount: classes.length }
  const resolved = resolveParams(family, asked, undefined, context)
  const encoding = await fitEncoding(snapshot, resolved)
  const params = encoding.kind === 'text' ? fitVocabulary(resolved, encoding.words.length) : resolved
  const inputShape = inputShapeOf(encoding)
  const count = (split: 'train' | 'validation' | 'test') => indicesOf(snapshot, split, true).length
  const splits = { train: count('train'), validation: count('validation'), test: count('test') }
  const problems = findProblems(family, params, { ...snapshot, splits, trainPerClass: perClass(snapshot), inputShape })
  if (problems.length > 0)
    throw new WorkbenchError('invalid_input', problems.map(({ message }) => message).join(' '), problems)
  const target = task === 'regression' ? { target: fitTarget(snapshot) } : {}
  const spec = { family: id, params, inputShape, encoding, ...target }
  await saveModelSpec(runDir, spec)
  return spec
}

function perClass({ classes, samples }: Snapshot): number[] {
  const counts = classes.map(() => 0)
  if (counts.length > 0)
    for (const { split, target } of samples) if (split === 'train' && target !== null) counts[target]!++
  return counts
}

type Report = (at: Partial<RunProgressed> & Pick<RunProgressed, 'phase' | 'step' | 'steps'>) => void

/** Tells of progress at most ten times a second, and always when the phase changes. */
function reporter(runId: string, epochs: number, events: TrainEvents): Report {
  let last = { at: -Infinity, phase: '' }
  const blank = { epoch: 0, loss: null, samplesPerSecond: null, secondsLeft: null }
  return (progress) => {
    const at = performance.now()
    if (at - last.at < progressMs && progress.phase === last.phase) return
    last = { at, phase: progress.phase }
    events.progress({ runId, epochs, ...blank, ...progress })
  }
}

function trainingSetOf(snapshot: Snapshot, data: TrainingData, scale: TargetScale | undefined): TrainingSet {
  return {
    data,
    labels: scale ? standardised(snapshot, scale) : Int32Array.from(snapshot.samples, (sample) => sample.target ?? -1),
    ...(scale && { deviation: scale.deviation }),
    train: indicesOf(snapshot, 'train', true),
    validation: indicesOf(snapshot, 'validation', true),
  }
}

function createLoop(
  { runId, runDir }: TrainInput,
  { params }: ModelSpec,
  set: TrainingSet,
  stepper: Stepper,
  explain: ReturnType<typeof explainDivergence>,
  report: Report,
  events: TrainEvents,
): TrainingLoop {
  const told: LoopEvents = {
    epochEnded: (epoch) => events.epoch({ runId, ...epoch }),
    progressed: ({ epoch, stepInEpoch, loss, samplesPerSecond }) => {
      const done = (epoch - 1) * set.train.length + Math.min(stepInEpoch * params.batchSize, set.train.length)
      const left = params.epochs * set.train.length - done
      const secondsLeft = samplesPerSecond ? left / samplesPerSecond : null
      const steps = loop.stepsPerEpoch
      report({ phase: 'training', epoch, step: stepInEpoch, steps, loss, samplesPerSecond, secondsLeft })
    },
  }
  const loop: TrainingLoop = new TrainingLoop(stepper, params, set, runDir, told, explain)
  return loop
}
