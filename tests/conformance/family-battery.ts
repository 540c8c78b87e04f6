import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Family } from '@main/ml/families/define'
import { describeParams } from '@main/ml/params'
import { findProblems } from '@main/ml/problems'
import { families } from '@main/ml/registry'
import { readArrays, type NamedArray } from '@main/ml/safetensors'
import { familyNamed, resolveParams, settingsSchema } from '@main/ml/settings'
import type { Snapshot } from '@main/ml/snapshot'
import { tf } from '@main/ml/tf'
import { train } from '@main/ml/train'
import { loadTrained, unloadTrained } from '@main/ml/trained'
import type { Modality, Task } from '@shared/schemas/dataset'
import type { Params } from '@shared/schemas/run'
import type { ClassPrediction, NumberPrediction, SamplePrediction } from '@main/ml/outcome'
import { runFolderWith, toyNumbers, toyPictures, toyTable } from '../main/ml/toy'
import { toyClips } from '../main/ml/toy-clips'
import { toyGraph } from '../main/ml/toy-graph'
import { toySeries } from '../main/ml/toy-series'
import { toyTexts } from '../main/ml/toy-texts'

/** By name; to compare millions of numbers one by one would take a minute. */
const hashesOf = (arrays: NamedArray[]) =>
  Object.fromEntries(
    arrays.map(({ name, data }) => [name, createHash('sha256').update(Buffer.from(data.buffer)).digest('hex')]),
  )

interface Pair {
  id: string
  modality: Modality
  task: Task
}

/** What every family must keep, on whichever engine this process has; a family that is found is tested, with no list. */
export function testFamilies(toy: Record<Modality, { epochs: number; samples: number }>, imageSize = 28) {
  let folder = ''
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'pellucid-test-'))))
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const toySets: Record<Modality, () => Promise<Snapshot> | Snapshot> = {
    image: () => toyPictures(join(folder, 'pictures'), toy.image.samples),
    table: () => toyTable(toy.table.samples),
    audio: () => toyClips(join(folder, 'clips'), toy.audio.samples),
    series: () => toySeries(join(folder, 'series'), toy.series.samples),
    text: () => toyTexts(toy.text.samples),
    graph: () => toyGraph(join(folder, 'graph'), toy.graph.samples),
  }
  const toySet = (modality: Modality, task: Task) =>
    task === 'regression' ? toyNumbers(toy[modality].samples) : toySets[modality]()
  /** A shape of one encoded sample, for plans and builds. */
  const shapes: Record<Modality, number[]> = {
    image: [28, 28, 1],
    table: [5],
    series: [24, 3],
    audio: [40, 30, 1],
    text: [12],
    graph: [1],
  }
  const graph = { nodes: 30, edges: 60, features: 8, entries: 90 }

  /** A small network keeps the pure-JavaScript engine fast: widths shrink. */
  function smallParams(id: string): Params {
    const own = describeParams(familyNamed(id).params).properties
    const widths = Object.entries(own).filter(([, { type, default: d }]) => type === 'integer' && Number(d) >= 16)
    return Object.fromEntries(widths.map(([key, knob]) => [key, Number(knob.default) >= 64 ? 16 : 8]))
  }

  const params = (id: string, modality: Modality, change: Params = {}): Params => ({
    ...smallParams(id),
    epochs: toy[modality].epochs,
    batchSize: 16,
    learningRate: 0.02,
    ...(modality === 'audio' && { melBands: 12, learningRate: 0.005 }),
    // Whatever a preset says; EfficientNet halves its picture five times and needs something to halve.
    ...(modality === 'image' && { imageSize: id === 'efficientnet-lite' ? 28 : imageSize }),
    ...change,
  })

  async function run({ id, modality, task }: Pair, name: string, change: Params = {}) {
    const runDir = await runFolderWith(await toySet(modality, task), join(folder, `${id}-${modality}-${task}-${name}`))
    const input = { runId: name, runDir, family: id, params: params(id, modality, change), resume: false }
    const rows: SamplePrediction[] = []
    const events = {
      progress: () => {},
      epoch: () => {},
      notice: () => {},
      predictions: (predicted: typeof rows) => void rows.push(...predicted),
    }
    const outcome = await train({ ...input, cacheDir: join(folder, 'cache') }, new AbortController().signal, events)
    const { arrays } = await readArrays(join(runDir, 'model.safetensors'))
    return { runDir, outcome, rows, weights: hashesOf(arrays) }
  }

  // A number is predicted from tables only, so far.
  const pairs: Pair[] = [...families.values()].flatMap(({ id, modalities, tasks }) =>
    modalities.flatMap((modality) =>
      tasks.filter((task) => task === 'classification' || modality === 'table').map((task) => ({ id, modality, task })),
    ),
  )

  describe.each(pairs)('$id on $modality, $task', (pair) => {
    const { id, modality, task } = pair
    const isNumber = task === 'regression'
    const presetsOf = ({ presets }: Family) =>
      presets.filter(({ modalities, tasks }) => modalities.includes(modality) && (tasks?.includes(task) ?? true))

    test('learns a toy set, the same with the same seed and otherwise with another', async () => {
      const first = await run(pair, 'first')
      const { accuracy, r2 } = first.outcome.metrics.test!
      expect(isNumber ? r2 : accuracy).toBeGreaterThan(0.8)
      const one = await run(pair, 'one', { epochs: 1 })
      const again = await run(pair, 'again', { epochs: 1 })
      expect(again.weights).toEqual(one.weights)
      expect(again.outcome.metrics).toEqual(one.outcome.metrics)
      const other = await run(pair, 'other', { seed: 2, epochs: 1 })
      expect(other.weights).not.toEqual(one.weights)
    }, 120_000)

    test('predicts after loading as it did when it was trained', async () => {
      const { runDir, rows } = await run(pair, 'loaded', { epochs: 1 })
      const snapshot = await toySet(modality, task)
      const { fields, samples: all } = snapshot
      const inputs = all.slice(0, 4).map(({ path, series, node, values }) => {
        const named = fields.map(({ name }, i) => [name, values?.[i] ?? null] as const)
        return values ? { values: Object.fromEntries(named) } : { path, series, node }
      })
      const model = await loadTrained(runDir)
      const encoded = await model.encode(inputs)
      const probabilities = model.probabilities(encoded)
      const values = probabilities.arraySync() as number[][]
      tf.dispose([encoded, probabilities])
      for (const [i, row] of values.entries()) {
        const stored = rows.find(({ sampleId }) => sampleId === all[i]!.id)!
        if (isNumber) expect(row[0]).toBeCloseTo((stored as NumberPrediction).value, 2)
        else row.forEach((p, k) => expect(p).toBeCloseTo((stored as ClassPrediction).probabilities[k]!, 5))
      }
    })

    test('its settings come through JSON and its own schema unchanged', () => {
      const family = familyNamed(id)
      const context = { modality, task, sampleCount: 100, inputShape: [8, 8, 1], classCount: 2 }
      for (const preset of presetsOf(family)) {
        const full = resolveParams(family, {}, preset.id, context)
        const back = JSON.parse(JSON.stringify(full)) as Params
        expect(resolveParams(family, back, undefined, context)).toEqual(full)
        const asText = Object.fromEntries(Object.entries(full).map(([key, value]) => [key, String(value)]))
        expect(resolveParams(family, asText, undefined, context)).toEqual(full)
      }
      expect(Object.keys(describeParams(settingsSchema(family)).properties).length).toBeGreaterThan(10)
    })

    test('every preset can be trained', () => {
      const family = familyNamed(id)
      const inputShape = shapes[modality]
      const fields = [{ name: 'x', kind: 'text' as const, isSensitive: false }]
      const ofTask = isNumber ? { classes: [], trainPerClass: [] } : { classes: ['a', 'b'], trainPerClass: [500, 500] }
      const facts = { modality, task, fields, inputShape, ...ofTask }
      for (const preset of presetsOf(family)) {
        const context = { modality, task, sampleCount: 1000, inputShape, classCount: 2 }
        const full = resolveParams(family, {}, preset.id, context)
        const problems = findProblems(family, full, { ...facts, splits: { train: 1000, validation: 100, test: 100 } })
        expect(problems, preset.id).toEqual([])
      }
    })

    test('names its layers itself, alike in every build, and ends in logits', () => {
      const family = familyNamed(id)
      const context = { modality, task, sampleCount: 100, inputShape: [8, 8, 1], classCount: 3 }
      const own = resolveParams(family, params(id, modality), undefined, context)
      const inputShape = modality === 'image' ? [8, 8, 1] : shapes[modality]
      const build = () => family.build({ params: own as never, inputShape, classCount: 3, seed: 1, graph })
      const [first, second] = [build(), build()]
      expect(first.weights.map(({ originalName }) => originalName)).toEqual(
        second.weights.map(({ originalName }) => originalName),
      )
      expect(first.outputs[0]!.shape).toEqual([null, 3])
      const { activation } = first.layers.at(-1)!.getConfig()
      expect(['linear', undefined]).toContain(activation)
      first.dispose()
      second.dispose()
    })

    test('leaves no tensor behind', async () => {
      await unloadTrained()
      await run(pair, 'before', { epochs: 1 })
      const before = tf.memory().numTensors
      const { runDir } = await run(pair, 'after', { epochs: 1 })
      await loadTrained(runDir)
      await unloadTrained()
      expect(tf.memory().numTensors).toBe(before)
    })
  })
}
