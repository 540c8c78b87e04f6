import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Jobs } from '@main/worker/protocol'
import { loadCheckpoint } from '@main/ml/checkpoint'
import { readArrays } from '@main/ml/safetensors'
import type { ClassPrediction } from '@main/ml/outcome'
import type { Snapshot } from '@main/ml/snapshot'
import { tf } from '@main/ml/tf'
import { unloadTrained } from '@main/ml/trained'
import type { Params } from '@shared/schemas/run'
import { inProcessJobs } from '../../helpers/in-process-jobs'
import { tempFolder } from '../../helpers/temp-db'
import { runFolderWith, toyPictures, toyTable } from './toy'

type TrainEvent = Jobs['train']['event']
interface Options {
  resume?: boolean
  family?: string
  stopAt?: (event: TrainEvent) => boolean
}

const quick: Params = { epochs: 4, batchSize: 16, learningRate: 0.01 }

async function trainIn(runDir: string, params: Params, { resume = false, family = 'mlp', stopAt }: Options = {}) {
  const events: TrainEvent[] = []
  const controller = new AbortController()
  const onEvent = (event: TrainEvent) => {
    events.push(event)
    if (stopAt?.(event)) controller.abort()
  }
  const input = { runId: 'r1', runDir, family, params, resume, cacheDir: join(runDir, 'cache') }
  const outcome = await inProcessJobs.run('train', 'train', input, { signal: controller.signal, onEvent })
  return { outcome, events }
}

async function trainNew(snapshot: Snapshot, params: Params, options?: Options) {
  const runDir = await runFolderWith(snapshot, await tempFolder())
  return { runDir, ...(await trainIn(runDir, params, options)) }
}

const weightsOf = async (runDir: string) =>
  Object.fromEntries((await readArrays(join(runDir, 'model.safetensors'))).arrays.map(({ name, data }) => [name, data]))
const epochsOf = (events: TrainEvent[]) => events.flatMap((event) => (event.kind === 'epoch' ? [event.epoch] : []))
const predictionsOf = (events: TrainEvent[]) =>
  events.flatMap((event) => (event.kind === 'predictions' ? (event.rows as ClassPrediction[]) : []))

describe('training a run', () => {
  test('brings epochs, predictions of every sample and metrics of the three splits', async () => {
    const { outcome, events } = await trainNew(toyTable(), { ...quick, epochs: 12 })
    expect(outcome).toMatchObject({ status: 'finished', epochs: 12, bestEpoch: null, notices: [] })
    expect(outcome.metrics.test!.accuracy).toBeGreaterThan(0.9)
    expect(outcome.baseline.majorityAccuracy).toBeCloseTo(0.5, 6)
    const epochs = epochsOf(events)
    expect(epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
    expect(epochs.at(-1)!.train.loss!).toBeLessThan(epochs[0]!.train.loss!)
    expect(epochs.at(-1)!.validation!.accuracy).toBeGreaterThan(0.9)
    const rows = predictionsOf(events)
    expect(rows.map(({ sampleId }) => sampleId).sort((a, b) => a - b)).toEqual(toyTable().samples.map(({ id }) => id))
    for (const row of rows) expect(row.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5)
  })

  test('neither test nor unlabelled samples teach it anything', async () => {
    const snapshot = toyTable()
    const first = await trainNew(snapshot, quick)
    const poisoned = toyTable()
    for (const sample of poisoned.samples) {
      if (sample.split === 'test') sample.values = [99, -99, 'other', true]
      if (sample.split === 'test') sample.target = 1 - sample.target!
    }
    poisoned.samples.push({ id: 900, values: [50, 50, 'other', true], target: null, split: 'train' })
    poisoned.samples.push({ id: 901, values: [50, 50, 'other', true], target: 1, split: null })
    const second = await trainNew(poisoned, quick)
    expect(await weightsOf(second.runDir)).toEqual(await weightsOf(first.runDir))
    const unlabelled = predictionsOf(second.events).find(({ sampleId }) => sampleId === 900)
    expect(unlabelled).toMatchObject({ truth: null, split: 'train' })
  })

  test.each([
    ['mlp', { dropout: 0.3, l2: 0.01, batchNorm: true }],
    ['mlp', { optimizer: 'rmsprop', labelSmoothing: 0.1, classWeights: 'balanced', averageWeights: 0.9, mixup: 0.3 }],
    ['cnn', { filters: 4, denseUnits: 8, dropout: 0.3, augment: true, optimizer: 'momentum' }],
  ])('stopped %s %j resumes to exactly what an uninterrupted run gives', async (family, change) => {
    const pictures = join(await tempFolder(), 'pictures')
    const snapshot = family === 'cnn' ? await toyPictures(pictures) : toyTable()
    const params = { ...quick, ...change }
    const whole = await trainNew(snapshot, params, { family })
    const stopAt = (event: TrainEvent) => event.kind === 'epoch' && event.epoch.epoch === 2
    const stopped = await trainNew(snapshot, params, { family, stopAt })
    expect(stopped.outcome).toMatchObject({ status: 'stopped', epochs: 2 })
    const resumed = await trainIn(stopped.runDir, params, { family, resume: true })
    expect(resumed.outcome.status).toBe('finished')
    expect(epochsOf(resumed.events).map(({ epoch }) => epoch)).toEqual([3, 4])
    expect(await weightsOf(stopped.runDir)).toEqual(await weightsOf(whole.runDir))
    expect(resumed.outcome.metrics).toEqual(whole.outcome.metrics)
  })

  test('goes on with smaller batches where larger ones did not fit, at the same place of the epoch', async () => {
    const params = { ...quick, epochs: 3 }
    const stopped = await trainNew(toyTable(), params, {
      stopAt: (event) => event.kind === 'epoch' && event.epoch.epoch === 2,
    })
    const resumed = await trainIn(stopped.runDir, { ...params, batchSize: 8 }, { resume: true })
    expect(resumed.outcome).toMatchObject({ status: 'finished', epochs: 3 })
    expect(resumed.outcome.params['batchSize']).toBe(8)
    expect(epochsOf(resumed.events).map(({ epoch }) => epoch)).toEqual([3])
    const { checkpoint } = (await loadCheckpoint(stopped.runDir))!
    const perEpoch = Math.ceil(toyTable().samples.filter(({ split }) => split === 'train').length / 8)
    expect(checkpoint.progress.step).toBe(3 * perEpoch)
  })

  test('a damaged checkpoint is told of and the one before it resumed', async () => {
    const whole = await trainNew(toyTable(), quick)
    const stopAt = (event: TrainEvent) => event.kind === 'epoch' && event.epoch.epoch === 3
    const stopped = await trainNew(toyTable(), quick, { stopAt })
    await copyFile(join(stopped.runDir, 'snapshot.json'), join(stopped.runDir, 'checkpoint.safetensors'))
    const resumed = await trainIn(stopped.runDir, quick, { resume: true })
    expect(resumed.outcome.notices[0]).toMatch(/damaged/)
    expect(await weightsOf(stopped.runDir)).toEqual(await weightsOf(whole.runDir))
  })

  test('early stopping ends it and keeps the best epoch', async () => {
    const snapshot = toyTable(60)
    // Labels of the validation split are turned around: learning makes its loss rise at once.
    for (const sample of snapshot.samples) if (sample.split === 'validation') sample.target = 1 - sample.target!
    const params = { ...quick, epochs: 50, earlyStopping: true, patience: 2 }
    const { outcome, events, runDir } = await trainNew(snapshot, params)
    const losses = epochsOf(events).map(({ validation }) => validation!.loss!)
    const best = losses.indexOf(Math.min(...losses)) + 1
    expect(outcome).toMatchObject({ status: 'finished', bestEpoch: best, epochs: best + 2 })
    expect(outcome.metrics.validation!.loss).toBeCloseTo(losses[best - 1]!, 5)
    expect(outcome.notices[0]).toMatch(/Stopped early after epoch/)
    expect(Object.keys(await weightsOf(runDir))).toContain('logits/kernel')
  })

  test('a run that diverges fails with the step and the likely cause', async () => {
    const params = { ...quick, optimizer: 'sgd', learningRate: 100, l2: 10, epochs: 60 }
    await expect(trainNew(toyTable(), params)).rejects.toThrow(
      /stopped being a number at step \d+.*learning rate of 100/,
    )
  })

  test('settings that cannot work are refused before the first step', async () => {
    await expect(trainNew(toyTable(), { ...quick, batchSize: 500 })).rejects.toThrow(/larger than the training split/)
    const lacking = toyTable()
    lacking.samples = lacking.samples.filter(({ split, target }) => split !== 'train' || target === 0)
    await expect(trainNew(lacking, quick)).rejects.toThrow(/no sample of "good"/)
  })

  test('balanced class weights answer for the rare class', async () => {
    const snapshot = toyTable(400)
    snapshot.samples = snapshot.samples.filter(({ target, id }) => target === 0 || id % 14 === 0)
    for (const sample of snapshot.samples) sample.values = [(sample.values![0] as number) * 1, 0, 'same', true]
    const params = { ...quick, epochs: 10, hiddenLayers: 0 }
    const plain = await trainNew(snapshot, params)
    const balanced = await trainNew(snapshot, { ...params, classWeights: 'balanced' })
    expect(balanced.outcome.metrics.train!.recall!).toBeGreaterThan(plain.outcome.metrics.train!.recall!)
  })

  test('progress comes at most ten times a second, in order', async () => {
    const { events } = await trainNew(toyTable(), { ...quick, epochs: 30 })
    const progress = events.flatMap((event) => (event.kind === 'progress' ? [event.progress] : []))
    const phases = [...new Set(progress.map(({ phase }) => phase))]
    expect(phases).toEqual(['preparing', 'training', 'evaluating'])
    for (const { step, steps, epochs } of progress) {
      expect(step).toBeLessThanOrEqual(steps)
      expect(epochs).toBe(30)
    }
  })

  test('a run leaves no tensor behind', async () => {
    const params = { ...quick, dropout: 0.2, l2: 0.01, labelSmoothing: 0.1, gradientClip: 1 }
    await trainNew(toyTable(), params)
    await unloadTrained()
    const before = tf.memory().numTensors
    await trainNew(toyTable(), params)
    expect(tf.memory().numTensors).toBe(before)
    await expect(
      trainNew(toyTable(), { ...quick, optimizer: 'sgd', learningRate: 100, l2: 10, epochs: 60 }),
    ).rejects.toThrow()
    expect(tf.memory().numTensors).toBe(before)
  })

  test('what was written is what others can read', async () => {
    const { runDir } = await trainNew(toyTable(), quick)
    const network = JSON.parse(await readFile(join(runDir, 'network.json'), 'utf8')) as {
      encoding: { columns: unknown[] }
    }
    expect(network.encoding.columns).toHaveLength(8)
  })
})
