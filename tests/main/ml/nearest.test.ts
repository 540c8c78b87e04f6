import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FieldValue } from '@shared/schemas/dataset'
import { nearestRows } from '@main/ml/nearest/neighbours'
import { representationOf } from '@main/ml/nearest/representation'
import { representSamples } from '@main/ml/nearest/training-set'
import { usualDistances } from '@main/ml/nearest/usual'
import type { PredictInput, Snapshot } from '@main/ml/snapshot'
import { tf, type Tensor } from '@main/ml/tf'
import { train } from '@main/ml/train'
import { loadTrained, unloadTrained } from '@main/ml/trained'
import { inProcessJobs } from '../../helpers/in-process-jobs'
import { runFolderWith, toyPictures, toyTable } from './toy'
import { toyClips } from './toy-clips'
import { toySeries } from './toy-series'
import { toyTexts } from './toy-texts'

const never = new AbortController().signal
const quiet = { progress: () => {}, epoch: () => {}, notice: () => {}, predictions: () => {} }

const inputOf = ({ samples, fields }: Snapshot, at: number): PredictInput => {
  const { path, series, values } = samples[at]!
  if (series) return { series }
  return values
    ? { values: Object.fromEntries(fields.map(({ name }, k) => [name, values[k] as FieldValue])) }
    : { path }
}

describe.each<[string, string, (folder: string) => Promise<Snapshot> | Snapshot]>([
  ['a table', 'mlp', () => toyTable()],
  ['pictures', 'cnn', (folder) => toyPictures(folder)],
  ['series', 'gru', (folder) => toySeries(folder)],
  ['clips', 'cnn', (folder) => toyClips(folder)],
  ['texts', 'text-cnn', () => toyTexts()],
])('nearest training samples of %s', (_, family, make) => {
  let folder: string
  let runDir: string
  let snapshot: Snapshot
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pellucid-test-'))
    snapshot = await make(join(folder, 'data'))
    runDir = await runFolderWith(snapshot, join(folder, 'run'))
    const spec = { runId: 'toy', runDir, family, params: { epochs: 2, batchSize: 16 } }
    await train({ ...spec, resume: false, cacheDir: join(folder, 'cache') }, never, quiet)
  }, 60_000)
  afterAll(async () => {
    await unloadTrained()
    await rm(folder, { recursive: true, force: true })
  })

  const ask = (at: number, sample = inputOf(snapshot, at)) => {
    const cacheDir = join(folder, 'representations')
    const sampleId = snapshot.samples[at]!.id
    return inProcessJobs.run('engine', 'nearest', { runDir, cacheDir, sampleId, sample, count: 5 })
  }

  test('are compared by what the last layer reads, kept once, and never the sample itself', async () => {
    const trained = await loadTrained(runDir)
    const training = snapshot.samples.flatMap(({ split }, at) => (split === 'train' ? at : []))
    const rows = training.map((at) => inputOf(snapshot, at))
    const values = await representSamples(trained, rows, never)
    const { width } = representationOf(trained.model)
    // The network's last layer makes exactly the logits of it.
    const encoded = await trained.encode(rows)
    const last = trained.model.layers.at(-1)!
    const again = last.apply(tf.tensor2d(values, [rows.length, width])) as Tensor
    const logits = trained.logits(encoded)
    expect(tf.max(tf.abs(again.sub(logits))).dataSync()[0]).toBeLessThan(1e-4)
    tf.dispose([encoded, again, logits])

    const mine = 3
    const found = await ask(training[mine]!)
    const byHand = training
      .map((at, row) => {
        let sum = 0
        for (let i = 0; i < width; i++) sum += (values[row * width + i]! - values[mine * width + i]!) ** 2
        return { id: snapshot.samples[at]!.id, distance: Math.sqrt(sum) }
      })
      .filter(({ id }) => id !== snapshot.samples[training[mine]!]!.id)
      .sort((a, b) => a.distance - b.distance)
    expect(found.neighbours).toHaveLength(5)
    found.neighbours.forEach(({ sampleId, distance, label, agrees }, i) => {
      // Copies are equally near; which of them comes first does not matter.
      expect(distance).toBeCloseTo(byHand[i]!.distance, 4)
      const { target, split } = snapshot.samples.find(({ id }) => id === sampleId)!
      expect(split).toBe('train')
      expect(label).toBe(snapshot.classes[target!])
      expect(agrees).toBe(label === found.predicted)
    })
    expect(found).toMatchObject({ width, compared: training.length, trained: training.length })
    const [kept, ...others] = await readdir(join(folder, 'representations'))
    expect(others).toEqual([])
    expect((await stat(join(folder, 'representations', kept!))).size).toBe(4 * training.length * width)
    const before = tf.memory().numTensors
    expect((await ask(training[mine]!)).neighbours).toEqual(found.neighbours)
    expect(tf.memory().numTensors).toBe(before)
  })

  if (family === 'mlp')
    test('a row unlike anything in training is told as such', async () => {
      expect((await ask(0)).isFar).toBe(false)
      const far = await ask(0, { values: { x: 400, y: -400, colour: 'red', flag: true } })
      expect(far.isFar).toBe(true)
      expect(far.neighbours[0]!.distance).toBeGreaterThan(far.usual.most)
    })
})

test('the nearest rows and the usual distances of points on a line', async () => {
  const values = Float32Array.from([0, 1, 3, 7, 15])
  expect(nearestRows(values, [2.2], 2, () => false)).toEqual([
    { row: 2, distance: expect.closeTo(0.8, 5) },
    { row: 1, distance: expect.closeTo(1.2, 5) },
  ])
  expect(nearestRows(values, [3], 9, (row) => row === 2).map(({ row }) => row)).toEqual([1, 0, 3, 4])
  const { median, most } = await usualDistances(values, 1, never)
  // 1, 1, 2, 4 and 8 to the nearest other one.
  expect(median).toBeCloseTo(2, 4)
  expect(most).toBeCloseTo(8, 4)
})
