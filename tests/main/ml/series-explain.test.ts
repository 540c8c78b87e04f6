import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explainSample, methodNamed } from '@main/ml/explain'
import { runChecks } from '@main/ml/attribution/checks/run-checks'
import { attributions, families, mapChecks } from '@main/ml/registry'
import type { Snapshot } from '@main/ml/snapshot'
import { tf } from '@main/ml/tf'
import { train } from '@main/ml/train'
import { loadTrained, unloadTrained, type TrainedModel } from '@main/ml/trained'
import { runFolderWith } from './toy'
import { toySeries } from './toy-series'

const never = new AbortController().signal
const small = { units: 8, filters: 6, blocks: 2, modules: 1, kernelSize: 8 }

async function trained(family: string, snapshot: Snapshot, folder: string): Promise<TrainedModel> {
  const runDir = await runFolderWith(snapshot, join(folder, family))
  const own = Object.keys((families.get(family)!.params as unknown as { shape: object }).shape)
  const params = Object.fromEntries(Object.entries(small).filter(([key]) => own.includes(key)))
  const input = { runId: family, runDir, family, params: { ...params, epochs: 12, batchSize: 16, learningRate: 0.02 } }
  const events = { progress: () => {}, epoch: () => {}, notice: () => {}, predictions: () => {} }
  await train({ ...input, resume: false, cacheDir: join(folder, 'cache') }, never, events)
  return loadTrained(runDir)
}

describe.each(['lstm', 'gru', 'tcn', 'inception-time'])('explaining series by %s', (family) => {
  let model: TrainedModel
  let snapshot: Snapshot
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pellucid-test-'))
    snapshot = await toySeries(join(folder, 'data'))
    model = await trained(family, snapshot, folder)
  }, 60_000)
  afterAll(async () => {
    await unloadTrained()
    await rm(folder, { recursive: true, force: true })
  })

  const explain = (id: string, params = {}) => {
    const { series } = snapshot.samples[4]!
    const options = { signal: never, progress: () => {} }
    const request = { sample: { series }, params, targetClass: null }
    return explainSample(model, methodNamed(attributions, id, 'sample'), request, options)
  }
  const methods = [...attributions.values()].filter(
    ({ scope, modalities }) => scope === 'sample' && modalities.includes('series'),
  )

  test.each(methods.map(({ id }) => id))(
    '%s gives a value for each step and channel, and leaves nothing behind',
    async (id) => {
      const { steps } = snapshot.samples[4]!.series!
      const before = tf.memory().numTensors
      const { attribution, input } = await explain(id)
      expect(attribution.shape).toEqual([steps, 2])
      expect(input.shape).toEqual([steps, 2])
      expect(Array.from(attribution.data).every(Number.isFinite)).toBe(true)
      expect(Math.max(...Array.from(attribution.data, Math.abs))).toBeGreaterThan(0)
      expect(tf.memory().numTensors).toBe(before)
    },
  )

  test('a map wears a badge: each step is a place, and the network without its learning sees the same steps', async () => {
    const { series } = snapshot.samples[4]!
    const { attribution, params } = await explain('integrated-gradients')
    const encoded = await model.encode([{ series }])
    const method = methodNamed(attributions, 'integrated-gradients', 'sample')
    const asked = { method, params, encoded, target: 0, map: attribution, signal: never, progress: () => {} }
    const before = tf.memory().numTensors
    const { checks } = await runChecks(model, mapChecks.values(), asked)
    expect(tf.memory().numTensors).toBe(before)
    expect(checks.map(({ id }) => id)).toEqual(['completeness', 'deletion-insertion', 'noise', 'randomisation'])
    for (const { value } of checks) expect(Number.isFinite(value)).toBe(true)
    encoded.dispose()
  })

  test('integrated gradients add up to the change in score', async () => {
    const { convergenceDelta } = await explain('integrated-gradients', { steps: 128 })
    expect(convergenceDelta).toBeLessThan(0.05)
  })

  test('occlusion over time finds the channel that carries the class', async () => {
    const { attribution } = await explain('occlusion-time', { window: 3, stride: 1, each: true })
    const sizeOf = (channel: number) =>
      attribution.data.reduce((sum, value, i) => sum + (i % 2 === channel ? Math.abs(value) : 0), 0)
    expect(sizeOf(0)).toBeGreaterThan(2 * sizeOf(1))
  })
})
