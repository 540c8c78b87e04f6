import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ColumnTable } from '@main/ml/column-table'
import { createStepper } from '@main/ml/create-stepper'
import { BatchMaker } from '@main/ml/batches'
import { poolBlocks, rowsPerBlock, streamedData, streamedOrder, writeSamples } from '@main/ml/encode/streamed'
import { readByLine, readSnapshot } from '@main/ml/snapshot-file'
import { buildModel } from '@main/ml/model'
import { familyNamed } from '@main/ml/settings'
import { engineStatus } from '@main/ml/tf'
import { train } from '@main/ml/train'
import type { FieldValue } from '@shared/schemas/dataset'
import { tempFolder } from '../../helpers/temp-db'
import { runFolderWith, toyPictures, toyTable } from './toy'
import { toySamples, toySteppers } from './toy-stepper'

const sorted = (order: Int32Array) => [...order].sort((a, b) => a - b)

describe('samples in a file', () => {
  test.each([false, true])('are read as those in memory (pictures: %s)', async (isPicture) => {
    const { data } = toySamples(isPicture ? 'image' : 'table')
    const path = join(await tempFolder(), 'deep', 'samples.bin')
    const { packed } = data
    await writeSamples(path, [new Uint8Array(packed!.buffer, 0, 40), new Uint8Array(packed!.buffer, 40)])
    const inputShape = data.inputShape as [number, ...number[]]
    const streamed = streamedData({ path, inputShape, dtype: isPicture ? 'uint8' : 'float32', isOwn: true })
    const indices = Int32Array.of(89, 0, 41, 41, 7)
    expect(streamed.read(indices)).toEqual(data.read(indices))
    streamed.close!()
    expect(existsSync(path)).toBe(false)
  })

  test('come once an epoch, in an order of its own, a pool of blocks at a time', () => {
    const blockRows = 10
    const train = Int32Array.from({ length: 5000 }, (_, i) => i).filter((i) => i % 3 !== 0)
    const first = streamedOrder(train, blockRows, 1, 0)
    expect(sorted(first)).toEqual([...train.keys()])
    expect(streamedOrder(train, blockRows, 1, 0)).toEqual(first)
    expect(streamedOrder(train, blockRows, 1, 1)).not.toEqual(first)
    const blocksOf = (part: Int32Array) => new Set([...part].map((at) => Math.floor(train[at]! / blockRows)))
    expect(blocksOf(first).size).toBe(500)
    // Each block is whole within one pool, so it is read once; within it samples are mixed.
    let seen = 0
    for (let from = 0; from < first.length;) {
      const pool = new Set<number>()
      let to = from
      while (to < first.length && (pool.size < poolBlocks || pool.has(Math.floor(train[first[to]!]! / blockRows))))
        pool.add(Math.floor(train[first[to++]!]! / blockRows))
      seen += pool.size
      from = to
    }
    expect(seen).toBe(500)
    const steps = [...first].slice(1).map((at, i) => Math.abs(at - first[i]!))
    expect(steps.filter((step) => step === 1).length).toBeLessThan(first.length / 20)
  })

  test('train to the same weights as samples in memory', async () => {
    const { params } = toySteppers({ params: { units: 8, dropout: 0.2 } })
    const { data, labels } = toySamples('table')
    const path = join(await tempFolder(), 'samples.bin')
    await writeSamples(path, [new Uint8Array(data.packed!.buffer)])
    const streamed = streamedData({ path, inputShape: [6], dtype: 'float32', isOwn: false })
    const results = [data, streamed].map((own) => {
      const model = buildModel(familyNamed('mlp'), params, [6], 3)
      const all = Int32Array.from({ length: 90 }, (_, i) => i)
      const batches = new BatchMaker(own, labels, [1, 1, 1], params, null)
      const set = { data: own, labels, train: all, validation: all }
      const log: string[] = []
      const stepper = createStepper({ model, params, set, batches, log: (text) => log.push(text) })
      if (engineStatus().backend === 'tensorflow') expect(log).toEqual([expect.stringContaining('as a graph')])
      const steps = Array.from({ length: stepper.stepsPerCall }, (_, k) => ({
        indices: all.slice(8 * k, 8 * k + 16),
        learningRate: 0.01,
        step: k + 1,
      }))
      const figures = [...stepper.train(steps), ...stepper.train([{ ...steps[0]!, step: steps.length + 1 }])]
      const result = { figures, weights: stepper.weights(), predicted: stepper.predict(all) }
      stepper.dispose()
      return result
    })
    expect(results[1]).toEqual(results[0])
    streamed.close!()
  })
})

describe('a whole run on streamed samples', () => {
  afterEach(() => void delete process.env['PELLUCID_STREAM_ABOVE'])

  test.each(['table', 'pictures'])('of a %s learns, and leaves no file of its own', async (kind) => {
    process.env['PELLUCID_STREAM_ABOVE'] = '100'
    const isTable = kind === 'table'
    const snapshot = isTable ? toyTable() : await toyPictures(await tempFolder())
    const runDir = await runFolderWith(snapshot, await tempFolder())
    const cacheDir = join(runDir, 'cache')
    const params = isTable
      ? { epochs: 12, batchSize: 16, learningRate: 0.01 }
      : { epochs: 1, batchSize: 16, filters: 4, denseUnits: 8 }
    const input = { runId: 'r', runDir, family: isTable ? 'mlp' : 'cnn', params, resume: false, cacheDir }
    const events = { progress: () => {}, epoch: () => {}, predictions: () => {}, notice: () => {} }
    const { status, metrics } = await train(input, new AbortController().signal, events)
    expect(status).toBe('finished')
    if (isTable) expect(metrics.test!.accuracy).toBeGreaterThan(0.9)
    const left = await readdir(cacheDir, { recursive: true })
    expect(left.filter((name) => name.startsWith('streams/'))).toEqual([])
    expect(left.filter((name) => name.includes('partial'))).toEqual([])
    expect(left.filter((name) => name.endsWith('.bin'))).toHaveLength(isTable ? 0 : 1)
  })
})

test('a block holds about a quarter of a megabyte', () => {
  expect(rowsPerBlock(120)).toBe(2185)
  expect(rowsPerBlock(1e9)).toBe(1)
})

test('columns give back what rows held', () => {
  const rows: FieldValue[][] = [
    [1.5, 'a', true, null],
    [null, 'b', false, '2020-01-01'],
    [-0.25, 'a', null, '2021-05-05'],
  ]
  const kinds = (['number', 'category', 'boolean', 'date'] as const).map((kind) => ({ kind }))
  const table = new ColumnTable(kinds)
  for (let k = 0; k < 1000; k++) rows.forEach((row) => table.push(row))
  rows.forEach((row, i) => expect(row.map((_, field) => table.value(2997 + i, field))).toEqual(row))
})

test('a snapshot is the same whether read whole or line by line', async () => {
  const snapshot = toyTable()
  const { samples, ...header } = snapshot
  const lines = samples.map((sample) => JSON.stringify(sample)).join(',\n')
  const folder = await tempFolder()
  await writeFile(join(folder, 'snapshot.json'), `${JSON.stringify(header).slice(0, -1)},"samples":[\n${lines}\n]}`)
  const [whole, byLine] = [await readSnapshot(folder), await readByLine(join(folder, 'snapshot.json'))]
  expect(whole).toEqual(snapshot)
  const { table, ...rest } = byLine
  expect(
    rest.samples.map((sample, at) => ({ ...sample, values: header.fields.map((_, k) => table!.value(at, k)) })),
  ).toEqual(samples)
})
