import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pretrained } from '@main/ml/pretrained'
import { makePlan } from '@main/ml/plan'
import { familyNamed, resolveParams } from '@main/ml/settings'
import { exportModel } from '@main/ml/export'
import { readArrays } from '@main/ml/safetensors'
import { tf } from '@main/ml/tf'
import { train } from '@main/ml/train'
import { loadTrained, unloadTrained } from '@main/ml/trained'
import type { Params } from '@shared/schemas/run'
import { runFolderWith, toyPictures } from './toy'

const common = { imageSize: 32, batchSize: 16, epochs: 2, learningRate: 0.01 }

/** Bit by bit; `toEqual` takes seconds for a million numbers. */
const isSame = (a: Float32Array, b: Float32Array) => Buffer.from(a.buffer).equals(Buffer.from(b.slice().buffer))

describe('EfficientNet-Lite0 as a start', () => {
  let folder = ''
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'pellucid-test-'))))
  afterAll(async () => {
    await unloadTrained()
    await rm(folder, { recursive: true, force: true })
  })

  async function run(name: string, params: Params, signal = new AbortController().signal, epochEnded = () => {}) {
    const snapshot = await toyPictures(join(folder, 'pictures'), 60)
    const runDir = await runFolderWith(snapshot, join(folder, name))
    const input = { runId: name, runDir, family: 'efficientnet-lite', params: { ...common, ...params }, resume: false }
    const events = { progress: () => {}, epoch: epochEnded, notice: () => {}, predictions: () => {} }
    const outcome = await train({ ...input, cacheDir: join(folder, 'cache') }, signal, events)
    const { arrays } = await readArrays(join(runDir, 'model.safetensors'))
    return { runDir, outcome, weights: new Map(arrays.map((array) => [array.name, array.data])) }
  }

  test('frozen: only the last layer learns, and each picture is looked at once', async () => {
    const { weights } = await run('frozen', {})
    const start = await pretrained('efficientnet-lite0.safetensors')
    for (const { name, data } of start)
      if (!name.startsWith('imagenet-') && name !== 'stem-conv/kernel')
        expect(isSame(weights.get(name)!, data), name).toBe(true)
    const features = join(folder, 'cache', 'features')
    const files = await readdir(features)
    expect(files).toHaveLength(1)
    expect((await stat(join(features, files[0]!))).size).toBe(60 * 1280 * 4)
    const again = await run('frozen-again', {})
    expect(await readdir(features)).toEqual(files)
    for (const [name, data] of weights) expect(isSame(again.weights.get(name)!, data), name).toBe(true)
  })

  test('a block that was frozen stays, one that learns moves, the earlier the less', async () => {
    const { weights } = await run('blocks', { trainedBlocks: 2, rateDecay: 0.1, optimizer: 'sgd', epochs: 1 })
    const start = new Map((await pretrained('efficientnet-lite0.safetensors')).map(({ name, data }) => [name, data]))
    const moved = (name: string) =>
      start.get(name)!.reduce((most, value, i) => Math.max(most, Math.abs(value - weights.get(name)![i]!)), 0)
    expect(moved('block-14-project/kernel')).toBe(0)
    expect(moved('block-15-expand/kernel')).toBeGreaterThan(0)
    expect(moved('head-conv/kernel')).toBeGreaterThan(moved('block-15-expand/kernel'))
  })

  test('a run that was stopped answers with what it has learnt and what it began with', async () => {
    const stop = new AbortController()
    const { runDir, outcome } = await run('stopped', { epochs: 50 }, stop.signal, () => stop.abort())
    expect(outcome.status).toBe('stopped')
    await rm(join(runDir, 'model.safetensors'))
    const trained = await loadTrained(runDir)
    const start = await pretrained('efficientnet-lite0.safetensors')
    const { data } = start.find(({ name }) => name === 'head-conv/bias')!
    const bias = trained.model.getLayer('head-conv').getWeights()[1]!
    expect(isSame(bias.dataSync<'float32'>(), data)).toBe(true)
  })

  test('augmented pictures go through the whole network', async () => {
    const { outcome } = await run('augmented', { augment: true, epochs: 1, batchSize: 32 })
    expect(outcome.status).toBe('finished')
  })

  test.each(['onnx', 'tfjs', 'savedmodel'] as const)('is exported as %s', async (format) => {
    const { runDir } = await run(`export-${format}`, { epochs: 1 })
    expect(await exportModel(runDir, format, join(folder, `out-${format}`))).not.toEqual([])
  })

  test('what a run will cost counts the frozen part once', () => {
    const family = familyNamed('efficientnet-lite')
    const picture = { width: 64, height: 64, channels: 3 }
    const splits = { train: 800, validation: 100, test: 100 }
    const data = {
      ...{ modality: 'image' as const, datasetId: 'd', datasetName: 'd', classes: ['a', 'b'], positive: null },
      ...{ fields: [], distinct: {}, sampleCount: 1000, splits, trainPerClass: [400, 400], picture },
    }
    const plan = (params: Params) => makePlan(family.id, params, undefined, data)
    const [frozen, tuned] = [plan({}), plan({ trainedBlocks: 16 })]
    expect(frozen.problems).toEqual([])
    expect(frozen.estimate!.seconds).toBeLessThan(tuned.estimate!.seconds / 20)
    expect(frozen.parameterCount).toBe(tuned.parameterCount)
  })

  test('grey pictures give what they give in colour', async () => {
    const family = familyNamed('efficientnet-lite')
    const { writeSome } = await import('@main/ml/checkpoint')
    const outputs = []
    for (const channels of [1, 3]) {
      const inputShape = [32, 32, channels]
      const context = { modality: 'image', sampleCount: 10, inputShape, classCount: 2 } as const
      const params = resolveParams(family, {}, undefined, context)
      const model = family.build({ params, inputShape, classCount: 2, seed: 1 })
      writeSome(model, await family.startingWeights!({ params, inputShape, classCount: 2, seed: 1 }))
      outputs.push(
        tf.tidy(() => {
          const grey = tf.randomUniform([2, 32, 32, 1], 0, 1, 'float32', 5)
          return (model.predict(channels === 1 ? grey : tf.tile(grey, [1, 1, 1, 3])) as typeof grey).arraySync()
        }),
      )
      model.dispose()
    }
    const [grey, colour] = outputs as unknown as number[][][]
    grey!.forEach((row, i) => row.forEach((value, k) => expect(value).toBeCloseTo(colour![i]![k]!, 4)))
  })
})
