import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { randomStream } from '@main/ml/random'
import { predictorOf } from '@main/ml/onnx/predictor'
import type { NumberPrediction } from '@main/ml/outcome'
import { intervalOf } from '@main/ml/outcome-numbers'
import { fitTarget, standardised, undone } from '@main/ml/target-scale'
import { tf } from '@main/ml/tf'
import { loadTrained, unloadTrained } from '@main/ml/trained'
import { conformalHalfWidth, median, numberMetrics } from '@shared/metrics/regression'
import type { EpochEnded, Params } from '@shared/schemas/run'
import { inProcessJobs } from '../../helpers/in-process-jobs'
import { tempFolder } from '../../helpers/temp-db'
import { runFolderWith, toyNumbers } from './toy'

afterEach(unloadTrained)
const quick: Params = { epochs: 25, batchSize: 8, learningRate: 0.01, units: 16 }

async function trained(params: Params = quick, snapshot = toyNumbers(), family = 'mlp') {
  const runDir = await runFolderWith(snapshot, await tempFolder())
  const [rows, epochs]: [NumberPrediction[], EpochEnded[]] = [[], []]
  const input = { runId: 'r', runDir, family, params, resume: false, cacheDir: join(runDir, 'cache') }
  const outcome = await inProcessJobs.run('train', 'train', input, {
    onEvent(event) {
      if (event.kind === 'predictions') rows.push(...(event.rows as NumberPrediction[]))
      if (event.kind === 'epoch') epochs.push(event.epoch)
    },
  })
  return { runDir, outcome, rows, epochs, snapshot }
}

describe('a run that predicts a number', () => {
  test('answers in the units of the target, and is measured in them', async () => {
    const { outcome, rows, epochs, snapshot } = await trained()
    const tested = rows.filter(({ split }) => split === 'test')
    const own = numberMetrics(
      tested.map(({ truth }) => truth!),
      tested.map(({ value }) => value),
    )
    expect(outcome.metrics.test).toMatchObject({ ...own, accuracy: null, rocAuc: null })
    expect(own.r2!).toBeGreaterThan(0.9)
    for (const { sampleId, truth } of rows) expect(truth).toBe(snapshot.samples[sampleId - 1]!.target)
    const { mean, median: middle } = outcome.baseline
    expect(own.mae!).toBeLessThan(0.4 * mean!.mae!)
    const train = snapshot.samples.flatMap(({ split, target }) => (split === 'train' ? [target!] : []))
    expect(middle!.value).toBeCloseTo(median(train)!, 9)
    const last = epochs.at(-1)!
    expect(last.train.accuracy).toBeNull()
    expect(last.validation!.mae!).toBeCloseTo(outcome.metrics.validation!.mae!, 2)
    expect(last.validation!.loss!).toBeCloseTo(outcome.metrics.validation!.loss!, 5)
  })

  test('early stopping keeps the weights of the lowest validation loss, whichever the loss', async () => {
    for (const loss of ['squared', 'absolute', 'huber']) {
      const { outcome, epochs } = await trained({
        ...quick,
        loss,
        earlyStopping: true,
        patience: 3,
        learningRate: 0.03,
      })
      const losses = epochs.map(({ validation }) => validation!.loss!)
      expect(outcome.bestEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1)
      expect(outcome.metrics.validation!.loss!).toBeCloseTo(Math.min(...losses), 4)
    }
  })

  test('its target is standardised by the training part only, and neither test nor unlabelled samples teach it', async () => {
    const plain = toyNumbers()
    const changed = toyNumbers()
    for (const sample of changed.samples) if (sample.split === 'test') sample.target = 1e6
    changed.samples.push({ id: 900, values: [0, 0, 'red'], target: null, split: 'train' })
    expect(fitTarget(changed)).toEqual(fitTarget(plain))
    const scale = fitTarget(plain)
    standardised(plain, scale).forEach((value, i) =>
      expect(undone(value, scale)).toBeCloseTo(plain.samples[i]!.target!, 2),
    )
    const one = await trained({ ...quick, epochs: 2 }, plain)
    const other = await trained({ ...quick, epochs: 2 }, changed)
    expect(other.rows.find(({ sampleId }) => sampleId === 1)).toEqual(one.rows.find(({ sampleId }) => sampleId === 1))
    expect(other.rows.find(({ sampleId }) => sampleId === 900)).toMatchObject({ truth: null })
  })

  test('ONNX Runtime says what the engine says, and a file is predicted with the interval', async () => {
    const { runDir, rows, snapshot, outcome } = await trained()
    const model = await loadTrained(runDir)
    const predictor = await predictorOf(model, runDir)
    expect(predictor).toMatchObject({ by: 'onnxruntime', reason: null })
    const names = snapshot.fields.map(({ name }) => name)
    const lines = snapshot.samples.map(({ values }) => values!.map((value) => value ?? '').join(','))
    const csv = join(runDir, 'new.csv')
    await writeFile(csv, [names.join(','), ...lines].join('\n'))
    const { halfWidth } = outcome.interval ?? { halfWidth: 50 }
    const predictions = await inProcessJobs.run('engine', 'predict', { runDir, files: [csv], rows: [], halfWidth })
    predictions.forEach(({ value, low, high, class: name }, i) => {
      expect(value).toBeCloseTo(rows.find(({ sampleId }) => sampleId === i + 1)!.value, 1)
      expect([low, high, name]).toEqual([value! - halfWidth, value! + halfWidth, ''])
    })
    const out = join(runDir, 'out.csv')
    await inProcessJobs.run('engine', 'predict-to-csv', { runDir, files: [csv], out, halfWidth })
    const [head, first] = (await readFile(out, 'utf8')).split('\r\n')
    expect(head).toBe('x,y,colour,prediction,lowest,highest')
    expect(Number(first!.split(',')[3])).toBe(predictions[0]!.value)
  })

  test.each(['onnx', 'tfjs', 'savedmodel'] as const)('written as %s it gives out the number itself', async (format) => {
    if (format === 'savedmodel' && tf.getBackend() !== 'tensorflow') return
    const { runDir } = await trained({ ...quick, epochs: 2 }, toyNumbers(60), 'tabular-resnet')
    const out = join(await tempFolder(), 'export')
    const { files } = await inProcessJobs.run('engine', 'export', { runDir, format, out })
    expect(files.some((path) => path.endsWith('labels.txt'))).toBe(false)
    const readme = await readFile(join(out, 'README.md'), 'utf8')
    expect(readme).toContain('Output `value`: float32 [batch, 1], price in its own units.')
    expect(readme).not.toContain('probabilities')
  })
})

describe('the interval around a predicted number', () => {
  test('is the smallest that split conformal prediction allows', () => {
    const errors = [5, 1, 9, 3, 7, 2, 8, 4, 6]
    expect(conformalHalfWidth(errors, 0.9)).toBe(9) // ceil(10 * 0.9) = the ninth
    expect(conformalHalfWidth(errors, 0.5)).toBe(5)
    expect(conformalHalfWidth(errors.slice(1), 0.9)).toBeNull()
    expect(intervalOf([], [1])).toBeUndefined()
    expect(intervalOf(errors, [1, 2, 30])).toEqual({ level: 0.9, halfWidth: 9, sampleCount: 9, testCoverage: 2 / 3 })
  })

  test('holds at least as often as promised, over many draws', () => {
    const random = randomStream(11)
    const error = () => Math.abs(random.uniform() ** 3 - random.uniform())
    let within = 0
    const rounds = 2000
    for (let i = 0; i < rounds; i++)
      within += Number(error() <= conformalHalfWidth(Array.from({ length: 39 }, error), 0.9)!)
    // 36 of 40: exactly 0.9 in the mean; three standard errors are 0.02.
    expect(Math.abs(within / rounds - 0.9)).toBeLessThan(0.02)
  })
})
