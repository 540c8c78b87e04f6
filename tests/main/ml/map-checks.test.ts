import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runChecks } from '@main/ml/attribution/checks/run-checks'
import { cascade, cascadeDepths } from '@main/ml/attribution/checks/randomised-model'
import { areaUnder, curveSteps } from '@main/ml/attribution/checks/removal'
import { rankCorrelation, ssim } from '@main/ml/attribution/checks/similarity'
import { defineAttribution, type SampleAttribution } from '@main/ml/attribution/define'
import { explainSample } from '@main/ml/explain'
import { attributions, mapChecks } from '@main/ml/registry'
import { tf } from '@main/ml/tf'
import { train } from '@main/ml/train'
import { loadTrained, unloadTrained, type TrainedModel } from '@main/ml/trained'
import type { CheckFound } from '@shared/schemas/explanation'
import { z } from 'zod'
import { runFolderWith } from './toy'
import { sampleDigits } from './sample-digits'

const signal = new AbortController().signal
const quiet = { signal, progress() {} }

describe('a convolutional net that has learnt the sample digits', () => {
  let folder: string
  let trained: TrainedModel
  let pictures: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pellucid-test-'))
    const snapshot = await sampleDigits(folder, 150)
    const runDir = await runFolderWith(snapshot, join(folder, 'run'))
    const params = { epochs: 3, batchSize: 64 }
    const input = { runId: 'r', runDir, family: 'cnn', params, resume: false, cacheDir: folder }
    await train(input, signal, { progress() {}, epoch() {}, notice() {}, predictions() {} })
    trained = await loadTrained(runDir)
    const tests = snapshot.samples.filter(({ split }) => split === 'test')
    pictures = [0, 1, 2, 3, 4].map((i) => tests[i * 30]!.path!)
  }, 120_000)
  afterAll(async () => {
    await unloadTrained()
    await rm(folder, { recursive: true, force: true })
  })

  async function checksOf(method: SampleAttribution, path: string) {
    const found = await explainSample(trained, method, { sample: { path }, params: {}, targetClass: null }, quiet)
    const encoded = await trained.encode([{ path }])
    const target = trained.meta.classes.indexOf(found.target)
    const asked = { method, params: found.params, encoded, target, map: found.attribution }
    const before = tf.memory().numTensors
    const steps: number[] = []
    const progress = (done: number) => void steps.push(done)
    const { overall, checks } = await runChecks(trained, mapChecks.values(), { ...asked, signal, progress })
    expect(tf.memory().numTensors).toBe(before)
    expect(steps.at(-1)).toBe(100)
    expect(steps).toEqual([...steps].sort((a, b) => a - b))
    encoded.dispose()
    return { overall, byId: Object.fromEntries(checks.map((check) => [check.id, check])) }
  }
  const named = (id: string) => attributions.get(id) as SampleAttribution
  const randomisation = async (method: SampleAttribution): Promise<CheckFound[]> => {
    const found = []
    for (const path of pictures) found.push((await checksOf(method, path)).byId['randomisation']!)
    return found
  }

  test('guided backpropagation is flagged as not depending on the model; gradient and Grad-CAM pass', async () => {
    for (const check of await randomisation(named('guided-backpropagation'))) {
      expect(check.verdict).toBe('fails')
      expect(check.text).toMatch(/hardly changes: it shows the input, not what the network has learnt/)
      expect(check.value).toBeLessThanOrEqual(check.high!)
      expect(check.value).toBeGreaterThanOrEqual(check.low!)
    }
    for (const id of ['gradient', 'grad-cam'])
      expect((await randomisation(named(id))).map(({ verdict }) => verdict)).toEqual(pictures.map(() => 'passes'))
  }, 60_000)

  test('integrated gradients add up and find what matters; the map of the negative finds the opposite', async () => {
    const { byId } = await checksOf(named('integrated-gradients'), pictures[0]!)
    expect(byId['completeness']!.verdict).toBe('passes')
    expect(byId['deletion-insertion']!.verdict).toBe('passes')
    expect(byId['deletion-insertion']!.low).toBeGreaterThan(0)
    const own = named('integrated-gradients')
    const turned: SampleAttribution = {
      ...own,
      async attribute(input) {
        const map = await own.attribute(input)
        const negative = map.neg()
        map.dispose()
        return negative
      },
    }
    const opposite = await checksOf(turned, pictures[0]!)
    expect(opposite.overall).toBe('fails')
    expect(opposite.byId['deletion-insertion']!.verdict).toBe('fails')
    expect(opposite.byId['completeness']!.verdict).toBe('fails')
    expect(opposite.byId['completeness']!.value).toBeCloseTo(2, 1)
  }, 60_000)

  test('a picture of the input is found out, and so are fits and starts', async () => {
    const base = {
      title: 'A drawing',
      summary: 'None.',
      reference: 'https://example.org',
      params: z.object({}),
      modalities: ['image' as const],
      families: [],
      scope: 'sample' as const,
      signed: false,
      complete: false,
    }
    const tracing = defineAttribution({
      ...base,
      id: 'tracing',
      attribute: async ({ input }) => tf.tidy(() => input.squeeze([0])),
    })
    const traced = await checksOf(tracing, pictures[1]!)
    expect(traced.byId['randomisation']).toMatchObject({ verdict: 'fails', low: 1, high: 1 })
    expect(traced.byId['randomisation']!.value).toBeCloseTo(1, 6)
    expect(traced.byId['completeness']).toBeUndefined()
    expect(traced.byId['noise']!.verdict).toBe('passes')
    let seed = 1
    const dice = defineAttribution({
      ...base,
      id: 'dice',
      attribute: async ({ input }) => tf.randomUniform(input.shape.slice(1), 0, 1, 'float32', seed++),
    })
    const thrown = await checksOf(dice, pictures[1]!)
    expect(thrown.byId['randomisation']!.verdict).toBe('passes')
    expect(thrown.byId['noise']!.value).toBeGreaterThan(0.5)
    expect(thrown.overall).not.toBe('passes')
  }, 60_000)

  test('stops when it is told to', async () => {
    const controller = new AbortController()
    const method = named('gradient')
    const sample = { path: pictures[0]! }
    const found = await explainSample(trained, method, { sample, params: {}, targetClass: null }, quiet)
    const encoded = await trained.encode([sample])
    const before = tf.memory().numTensors
    const progress = (done: number) => done > 30 && controller.abort()
    const asked = { method, params: found.params, encoded, target: 0, map: found.attribution }
    const work = runChecks(trained, mapChecks.values(), { ...asked, signal: controller.signal, progress })
    await expect(work).rejects.toMatchObject({ code: 'cancelled' })
    expect(tf.memory().numTensors).toBe(before)
    encoded.dispose()
  })

  test('the cascade takes the output layer first and ends with a network that has learnt nothing', () => {
    const before = trained.model.getWeights().map((weight) => Array.from(weight.dataSync().subarray(0, 20)))
    const seen = [...cascade(trained, 7)].map(({ layers }) => layers)
    expect(seen[0]).toEqual(['logits'])
    expect(seen.at(-1)).toEqual(['logits', 'dense', 'conv-2', 'conv-1'])
    const after = trained.model.getWeights().map((weight) => Array.from(weight.dataSync().subarray(0, 20)))
    expect(after).toEqual(before)
    for (const { model, layers } of cascade(trained, 7))
      for (const layer of trained.model.layers.filter(({ weights }) => weights.length > 0)) {
        const same = model.getLayer(layer.name).getWeights()[0]!.equal(layer.getWeights()[0]!).all().dataSync()[0]
        expect([layer.name, Boolean(same)]).toEqual([layer.name, !layers.includes(layer.name)])
      }
    expect(cascadeDepths(2)).toEqual([1, 2])
    expect(cascadeDepths(53)).toEqual([1, 18, 36, 53])
  })
})

test('likeness of maps by hand', () => {
  expect(rankCorrelation([1, 2, 3], [10, 20, 90])).toBeCloseTo(1, 12)
  expect(rankCorrelation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12)
  // Ties share their mean rank: ranks 0.5 0.5 2 3 against 0 1 2 3.
  expect(rankCorrelation([1, 1, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12)
  expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeNull()
  const map = Float64Array.from({ length: 64 }, (_, i) => Math.sin(i))
  expect(ssim(map, map, [8, 8])).toBeCloseTo(1, 12)
  expect(
    ssim(
      map.map((value) => -value),
      map,
      [8, 8],
    )!,
  ).toBeLessThan(-0.8)
  expect(ssim(map.subarray(0, 36), map.subarray(0, 36), [6, 6])).toBeNull()
})

test('curves have their points and areas by hand', () => {
  expect(curveSteps(4)).toEqual([0, 1, 2, 3, 4])
  expect(curveSteps(784)).toHaveLength(29)
  expect(curveSteps(784).at(-1)).toBe(784)
  expect(areaUnder([0, 0.5, 1], [1, 0.5, 0])).toBeCloseTo(0.5, 12)
})
