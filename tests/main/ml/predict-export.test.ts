import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterEach, describe, expect, test } from 'vitest'
import { askOnnx } from '@main/ml/export-onnx'
import { askSavedModel } from '@main/ml/export-savedmodel'
import type { ClassPrediction } from '@main/ml/outcome'
import type { Snapshot } from '@main/ml/snapshot'
import { tf } from '@main/ml/tf'
import { loadTrained, unloadTrained } from '@main/ml/trained'
import type { Params } from '@shared/schemas/run'
import { inProcessJobs } from '../../helpers/in-process-jobs'
import { tempFolder } from '../../helpers/temp-db'
import { runFolderWith, toyPictures, toyTable } from './toy'

const isNative = tf.getBackend() === 'tensorflow'
const small = { epochs: 3, batchSize: 16, learningRate: 0.01 }
afterEach(unloadTrained)

async function trained(snapshot: Snapshot, family: string, params: Params = small) {
  const runDir = await runFolderWith(snapshot, await tempFolder())
  const rows: { sampleId: number; probabilities: number[] }[] = []
  const input = { runId: 'r', runDir, family, params, resume: false, threads: 1, cacheDir: join(runDir, 'cache') }
  await inProcessJobs.run('train', 'train', input, {
    onEvent: (event) => event.kind === 'predictions' && rows.push(...(event.rows as ClassPrediction[])),
  })
  return { runDir, byId: new Map(rows.map((row) => [row.sampleId, row.probabilities])) }
}

describe('predicting with a trained run', () => {
  test('pictures by file give what training stored', async () => {
    const snapshot = await toyPictures(join(await tempFolder(), 'pictures'), 30)
    const { runDir, byId } = await trained(snapshot, 'cnn', { ...small, filters: 4, batchNorm: true })
    const files = snapshot.samples.slice(0, 5).map(({ path }) => path!)
    const predictions = await inProcessJobs.run('engine', 'predict', { runDir, files, rows: [] })
    predictions.forEach(({ input, probabilities }, i) => {
      expect(input).toBe(files[i])
      Object.values(probabilities).forEach((p, k) => expect(p).toBeCloseTo(byId.get(i + 1)![k]!, 5))
    })
  })

  test('table rows, given or in a CSV file, give what training stored', async () => {
    const snapshot = toyTable()
    const { runDir, byId } = await trained(snapshot, 'mlp')
    const names = snapshot.fields.map(({ name }) => name)
    const [first, second] = snapshot.samples
    const rows = [Object.fromEntries(names.map((name, i) => [name, first!.values![i]!]))]
    const csv = join(await tempFolder(), 'new.csv')
    const line = second!.values!.map((value) => (value === null ? '' : String(value))).join(',')
    await writeFile(csv, `${names.join(',')}\n${line}\n`)
    const predictions = await inProcessJobs.run('engine', 'predict', { runDir, files: [csv], rows })
    expect(predictions.map(({ input }) => input)).toEqual(['#1', 'new.csv#1'])
    predictions.forEach(({ probabilities }, i) => expect(probabilities['good']).toBeCloseTo(byId.get(i + 1)![1]!, 5))
  })

  test('a whole table goes to a CSV with its own columns kept, whole or not at all', async () => {
    const { runDir } = await trained(toyTable(), 'mlp')
    const folder = await tempFolder()
    const [csv, out] = [join(folder, 'new.csv'), join(folder, 'answers', 'out.csv')]
    const rows = Array.from({ length: 1300 }, (_, i) => `${i / 100 - 6},,red,true,"=1+1, ""quoted"" "`)
    await writeFile(csv, `x,y,colour,flag,prediction\n${rows.join('\n')}\n`)
    const done: number[] = []
    const onEvent = (event: { done: number }) => void done.push(event.done)
    const write = (signal = new AbortController().signal) =>
      inProcessJobs.run('engine', 'predict-to-csv', { runDir, files: [csv], out }, { signal, onEvent })
    expect(await write()).toEqual({ count: 1300, files: [out] })
    expect(done).toEqual([500, 1000])
    const [head, ...lines] = parse(await readFile(out, 'utf8')) as string[][]
    const added = ['prediction 2', 'probability bad', 'probability good']
    expect(head).toEqual(['x', 'y', 'colour', 'flag', 'prediction', ...added])
    expect(lines).toHaveLength(1300)
    const answers = await inProcessJobs.run('engine', 'predict', { runDir, files: [csv], rows: [] })
    lines.forEach(([x, , , , own, name, , good], i) => {
      expect([x, own!.trim(), name]).toEqual([String(i / 100 - 6), `'=1+1, "quoted"`, answers[i]!.class])
      expect(Number(good)).toBe(answers[i]!.probabilities['good'])
    })

    const cancelled = new AbortController()
    cancelled.abort()
    await writeFile(out, 'what was there')
    await expect(write(cancelled.signal)).rejects.toThrow()
    await writeFile(csv, 'x,y\n1,2\n')
    await expect(write()).rejects.toThrow(/lacks the columns "colour", "flag"/)
    expect(await readdir(join(folder, 'answers'))).toEqual(['out.csv'])
    expect(await readFile(out, 'utf8')).toBe('what was there')
  })

  test('what does not fit the model is refused in plain words', async () => {
    const { runDir } = await trained(toyTable(), 'mlp')
    const predict = (files: string[], rows: Record<string, number>[]) =>
      inProcessJobs.run('engine', 'predict', { runDir, files, rows })
    await expect(predict([], [{ x: 1 }])).rejects.toThrow(/lacks the columns "y", "colour", "flag"/)
    await expect(loadTrained(await tempFolder())).rejects.toThrow(/no network yet/)
  })

  test('a model is kept loaded until its weights change', async () => {
    const { runDir } = await trained(toyTable(), 'mlp')
    const first = await loadTrained(runDir)
    expect(await loadTrained(runDir)).toBe(first)
    const input = { runId: 'r', runDir, family: 'mlp', params: { ...small, seed: 9 }, resume: false, threads: 1 }
    await inProcessJobs.run('train', 'train', { ...input, cacheDir: join(runDir, 'cache') })
    const second = await loadTrained(runDir)
    expect(second.checkpointId).not.toBe(first.checkpointId)
  })

  test('the baseline of a table is its mean row, of pictures black', async () => {
    const { runDir } = await trained(toyTable(), 'mlp')
    const model = await loadTrained(runDir)
    const baseline = [...model.baseline().dataSync()]
    expect(baseline.filter((value) => value === 1)).toHaveLength(2) // one value of each of two categories
    expect(model.fields!.map(({ name }) => name)).toEqual(['x', 'y', 'colour', 'flag'])
    expect(model.columns!.map(({ index }) => index)).toEqual(baseline.map((_, i) => i))
  })
})

const cases = [
  ['mlp', { batchNorm: true, hiddenLayers: 2 }],
  ['mlp', { hiddenLayers: 1, activation: 'selu' }],
  ['cnn', { batchNorm: true, filters: 4 }],
  ['cnn', { blocks: 3, filters: 2, denseUnits: 0 }],
  ['resnet', { stages: 2, filters: 2 }],
  ['tabular-resnet', { units: 8 }],
] as const

describe('exporting a trained run', () => {
  const snapshotFor = async (family: string) =>
    ['cnn', 'resnet'].includes(family) ? toyPictures(join(await tempFolder(), 'pictures'), 30) : toyTable(60)

  test.each(cases)('%s %j as TensorFlow.js answers as the run does', async (family, change) => {
    const { runDir } = await trained(await snapshotFor(family), family, { ...small, ...change })
    const out = join(await tempFolder(), 'export')
    const { files } = await inProcessJobs.run('engine', 'export', { runDir, format: 'tfjs', out })
    expect(files.map((path) => path.slice(out.length + 1)).sort()).toEqual([
      'README.md',
      'encoding.json',
      'labels.txt',
      'model.json',
      'weights.bin',
    ])
    const json = JSON.parse(await readFile(join(out, 'model.json'), 'utf8')) as { format: string }
    expect(json.format).toBe('layers-model')
  })

  test.each(cases)('%s %j as ONNX answers as the run does', async (family, change) => {
    const { runDir } = await trained(await snapshotFor(family), family, { ...small, ...change })
    const out = join(await tempFolder(), 'export')
    const { files } = await inProcessJobs.run('engine', 'export', { runDir, format: 'onnx', out })
    expect(files.map((path) => path.slice(out.length + 1)).sort()).toEqual([
      'README.md',
      'encoding.json',
      'labels.txt',
      'model.onnx',
    ])
    const model = await loadTrained(runDir)
    const inputs = tf.randomUniform([7, ...model.inputShape], 0, 1, 'float32', 3)
    const [expected, got] = [model.probabilities(inputs), await askOnnx(out, inputs)]
    expect(tf.tidy(() => expected.sub(got).abs().max().dataSync()[0])).toBeLessThan(1e-5)
    tf.dispose([inputs, expected, got])
  })

  test.runIf(isNative).each(cases)('%s %j as SavedModel answers as the run does', async (family, change) => {
    const { runDir } = await trained(await snapshotFor(family), family, { ...small, ...change })
    const before = tf.memory().numTensors
    const out = join(await tempFolder(), 'export')
    await inProcessJobs.run('engine', 'export', { runDir, format: 'savedmodel', out })
    const model = await loadTrained(runDir)
    const kept = tf.memory().numTensors
    // Ask it once more, on its own, with a batch size that it was not recorded with.
    const inputs = tf.randomUniform([7, ...model.inputShape], 0, 1, 'float32', 3)
    const [expected, got] = [model.probabilities(inputs), await askSavedModel(out, inputs)]
    expect(got.shape).toEqual(expected.shape)
    const difference = tf.tidy(() => expected.sub(got).abs().max())
    expect(difference.dataSync()[0]).toBeLessThan(1e-6)
    tf.dispose([inputs, expected, got, difference])
    expect(tf.memory().numTensors).toBe(kept)
    expect(kept - before).toBeLessThanOrEqual(model.model.weights.length)
    expect(await readFile(join(out, 'labels.txt'), 'utf8')).toBe(model.meta.classes.map((name) => `${name}\n`).join(''))
  })

  test('a folder that holds something else is left alone', async () => {
    const { runDir } = await trained(toyTable(60), 'mlp')
    const out = await tempFolder()
    await writeFile(join(out, 'README.md'), '# My own project\n')
    const exported = inProcessJobs.run('engine', 'export', { runDir, format: 'tfjs', out })
    await expect(exported).rejects.toMatchObject({ code: 'conflict' })
    expect(await readFile(join(out, 'README.md'), 'utf8')).toBe('# My own project\n')
  })
})
