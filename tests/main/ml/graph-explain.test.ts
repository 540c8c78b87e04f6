import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runChecks } from '@main/ml/attribution/checks/run-checks'
import { readWeights, writeSome } from '@main/ml/checkpoint'
import { graphArrays, readGraphPack, type PackedGraph } from '@main/ml/decode/graph/pack'
import { explainSample, methodNamed } from '@main/ml/explain'
import { attributions, mapChecks } from '@main/ml/registry'
import type { Snapshot } from '@main/ml/snapshot'
import { tf } from '@main/ml/tf'
import { train } from '@main/ml/train'
import { loadTrained, unloadTrained, type TrainedModel } from '@main/ml/trained'
import { runFolderWith } from './toy'
import { toyGraph } from './toy-graph'

const never = new AbortController().signal
const small = { gcn: { units: 8 }, gat: { units: 4, heads: 2 }, graphsage: { units: 8 } }

describe.each(['gcn', 'gat', 'graphsage'] as const)('explaining nodes by %s', (family) => {
  let model: TrainedModel
  let snapshot: Snapshot
  let graph: PackedGraph
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pellucid-test-'))
    snapshot = await toyGraph(join(folder, 'data'), 60)
    graph = await readGraphPack(snapshot.samples[0]!.node!.path)
    const runDir = await runFolderWith(snapshot, join(folder, family))
    const params = { ...small[family], epochs: 12, batchSize: 36, learningRate: 0.02 }
    const input = { runId: family, runDir, family, params, resume: false, cacheDir: join(folder, 'cache') }
    const events = { progress: () => {}, epoch: () => {}, notice: () => {}, predictions: () => {} }
    await train(input, never, events)
    model = await loadTrained(runDir)
  }, 60_000)
  afterAll(async () => {
    await unloadTrained()
    await rm(folder, { recursive: true, force: true })
  })

  const asked = 4
  const explain = (id: string, params = {}) => {
    const request = { sample: { node: snapshot.samples[asked]!.node }, params, targetClass: 'red' }
    return explainSample(model, methodNamed(attributions, id, 'sample'), request, {
      signal: never,
      progress: () => {},
    })
  }
  const methods = [...attributions.values()].filter(
    ({ scope, modalities }) => scope === 'sample' && modalities.includes('graph'),
  )

  test.each(methods.map(({ id }) => id))(
    '%s gives a value for each feature and edge, and leaves nothing behind',
    async (id) => {
      const before = tf.memory().numTensors
      const { attribution, graph: part } = await explain(id, id === 'integrated-gradients' ? { steps: 8 } : {})
      expect(attribution.shape).toEqual([part!.features.length + part!.edges.length])
      expect(Array.from(attribution.data).every(Number.isFinite)).toBe(true)
      expect(tf.memory().numTensors).toBe(before)
    },
  )

  test('integrated gradients add up to what features and edges change together', async () => {
    const { convergenceDelta, attribution } = await explain('integrated-gradients', { steps: 64 })
    const size = Array.from(attribution.data, Math.abs).reduce((sum, value) => sum + value, 0)
    expect(convergenceDelta!).toBeLessThan(0.05 * size)
  })

  test('an edge is worth what the network loses where the graph never had it', async () => {
    const { attribution, graph: part } = await explain('occlusion-graph')
    const logit = () => {
      const values = tf.tidy(() => model.logits(tf.tensor2d([[asked]])).dataSync())
      return values[0]!
    }
    const given = readWeights(model.model).filter(({ name }) => name === graphArrays.weights)
    const whole = logit()
    const names = part!.nodes.map(({ row }) => row - 1)
    for (const [i, [a, b]] of part!.edges.slice(0, 6).entries()) {
      const pair = [names[a]!, names[b]!].sort().join()
      const at = Array.from({ length: graph.sizes.edges }, (_, e) => e).find(
        (e) => [graph.ends[2 * e]!, graph.ends[2 * e + 1]!].sort().join() === pair,
      )!
      const without = Float32Array.from(given[0]!.data, (weight, e) => (e === at ? 0 : weight))
      writeSome(model.model, [{ ...given[0]!, data: without }])
      expect(attribution.data[part!.features.length + i]!).toBeCloseTo(whole - logit(), 4)
      writeSome(model.model, given)
    }
    // Nodes further away than the network has layers are not heard, and their edges are not asked about.
    expect(Math.max(...part!.nodes.map(({ hop }) => hop))).toBe(2)
    expect(part!.nodes[0]).toEqual({ row: asked + 1, hop: 0 })
  })

  test('a map wears a badge', async () => {
    const method = methodNamed(attributions, 'input-x-gradient', 'sample')
    const { attribution: map } = await explain('input-x-gradient')
    const encoded = await model.encode([{ node: snapshot.samples[asked]!.node }])
    const request = { method, params: {}, encoded, target: 0, map, signal: never, progress: () => {} }
    const { checks } = await runChecks(model, mapChecks.values(), request)
    encoded.dispose()
    expect(checks.length).toBeGreaterThan(2)
  }, 60_000)
})
