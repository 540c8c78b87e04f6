import { describe, expect, test } from 'vitest'
import type { PlanInput } from '@main/ml/snapshot'
import { tf } from '@main/ml/tf'
import { inProcessJobs } from '../../helpers/in-process-jobs'
import { tempFolder } from '../../helpers/temp-db'
import { toyPictures } from './toy'
import { Plan, type Params } from '@shared/schemas/run'
import { Catalog } from '@shared/descriptor'

const pictures: PlanInput = {
  modality: 'image',
  datasetId: 'd',
  datasetName: 'digits',
  classes: ['0', '1', '2'],
  positive: null,
  fields: [],
  sampleCount: 300,
  splits: { train: 200, validation: 0, test: 100 },
  trainPerClass: [70, 70, 60],
  picture: { width: 28, height: 28, channels: 1 },
  distinct: {},
}
const table: PlanInput = {
  ...pictures,
  modality: 'table',
  classes: ['bad', 'good'],
  fields: [
    { name: 'age', kind: 'number', isSensitive: true },
    { name: 'job', kind: 'category', isSensitive: false },
  ],
  trainPerClass: [100, 100],
  picture: null,
  distinct: { job: 4 },
  missing: { age: 2 },
}

const planOf = (family: string, params: Params, snapshot: PlanInput, preset?: string) =>
  inProcessJobs.run('engine', 'plan', { family, params, snapshot, ...(preset && { preset }) })

describe('the plan of a run', () => {
  test('shows each layer with its output shape and parameters', async () => {
    const plan = Plan.parse(await planOf('cnn', { filters: 8, denseUnits: 16 }, pictures))
    expect(plan.problems).toEqual([])
    expect(plan.inputShape).toEqual([28, 28, 1])
    expect(plan.layers[0]).toEqual({
      name: 'conv-1',
      kind: 'Conv2D',
      outputShape: [28, 28, 8],
      parameterCount: 80,
      detail: '3x3, 8 filters',
    })
    // conv 80 + conv (9 * 8 + 1) * 16 + dense (7 * 7 * 16 + 1) * 16 + logits 17 * 3
    expect(plan.parameterCount).toBe(80 + 73 * 16 + 785 * 16 + 51)
  })

  test('tells where branches part that meet again', async () => {
    const { layers } = await planOf('resnet', { stages: 2, filters: 4 }, pictures)
    const meetings = layers.filter(({ branchedAt }) => branchedAt !== undefined)
    expect(meetings.map(({ name, branchedAt }) => [name, layers[branchedAt!]!.name])).toEqual([
      ['stage-1-block-1-add', 'stem-relu'],
      ['stage-2-block-1-add', 'stage-1-block-1-relu-2'],
    ])
    const straight = await planOf('cnn', {}, pictures)
    expect(straight.layers.every(({ branchedAt }) => branchedAt === undefined)).toBe(true)
  })

  test('a table has a column per number, per value, and for what is missing', async () => {
    expect((await planOf('mlp', {}, table)).inputShape).toEqual([6])
    expect((await planOf('mlp', { excludeSensitive: true }, table)).inputShape).toEqual([4])
  })

  test('defaults yield to the data, so that a default run can start', async () => {
    const tiny = { ...table, splits: { train: 20, validation: 0, test: 5 }, trainPerClass: [10, 10] }
    const plan = await planOf('mlp', {}, tiny)
    expect(plan.problems).toEqual([])
    expect(plan.params).toMatchObject({ batchSize: 16, earlyStopping: false })
  })

  test.each<[string, string, Params, Partial<PlanInput>, string | null, RegExp]>([
    ['a batch larger than the data', 'cnn', { batchSize: 256 }, {}, 'batchSize', /256 is larger than .* 200/],
    ['early stopping blind', 'cnn', { earlyStopping: true }, {}, 'earlyStopping', /validation split is empty/],
    ['decay without adamw', 'cnn', { weightDecay: '0.1' }, {}, 'weightDecay', /adamw only, not with adam/],
    ['a kernel beyond the picture', 'cnn', { kernelSize: 7, imageSize: 5, blocks: 1 }, {}, 'kernelSize', /larger than/],
    ['blocks down to nothing', 'cnn', { blocks: 6 }, {}, 'blocks', /at most 4 blocks/],
    [
      'a warm-up as long as the run',
      'cnn',
      { schedule: 'warmup-cosine', epochs: 3, warmupEpochs: 3 },
      {},
      'warmupEpochs',
      /leaves nothing/,
    ],
    ['a class without samples', 'cnn', {}, { trainPerClass: [70, 0, 60] }, null, /no sample of "1"/],
    ['one class', 'cnn', {}, { classes: ['0'], trainPerClass: [70] }, null, /only one class/],
    ['no class', 'cnn', {}, { classes: [], trainPerClass: [] }, null, /No sample has a label/],
    [
      'no training split',
      'cnn',
      {},
      { splits: { train: 0, validation: 0, test: 9 }, trainPerClass: [0, 0, 0] },
      null,
      /Split the dataset first/,
    ],
    ['a family for something else', 'cnn', {}, table, null, /is for pictures/],
    ['no input field', 'mlp', {}, { ...table, fields: [] }, null, /No field is left/],
  ])('%s is a problem, with its reason', async (_, family, params, change, param, message) => {
    const { problems } = await planOf(family, params, { ...pictures, ...change })
    expect(problems).toContainEqual({ param, message: expect.stringMatching(message) })
  })

  test('what will disappoint is a warning', async () => {
    const { warnings } = await planOf('cnn', { augment: true, flipHorizontal: true, learningRate: 1 }, pictures)
    expect(warnings.join(' ')).toMatch(/high for adam.*digits or letters/)
  })

  test('a huge network is drawn without making its weights, and nothing is left behind', async () => {
    const before = tf.memory().numTensors
    const started = performance.now()
    const plan = await planOf('mlp', { hiddenLayers: 4, units: 2048 }, pictures)
    expect(plan.parameterCount).toBeGreaterThan(14e6)
    expect(performance.now() - started).toBeLessThan(2000)
    expect(tf.memory().numTensors).toBe(before)
  })

  test('augmentation is previewed as pictures', async () => {
    const { samples } = await toyPictures(await tempFolder(), 3)
    const input = { family: 'cnn', params: { shift: 0.3 }, path: samples[0]!.path!, count: 3, snapshot: pictures }
    const { images } = await inProcessJobs.run('engine', 'augment-preview', input)
    expect(images).toHaveLength(3)
    expect(new Set(images).size).toBe(3)
    for (const image of images) expect(image).toMatch(/^data:image\/png;base64,iVBOR/)
  })

  test('describe lists families with their knobs, as the catalogue wants them', async () => {
    const { engine, ...plugins } = await inProcessJobs.run('engine', 'describe', {})
    const catalog = Catalog.parse({ ...plugins, sampleDatasets: [] })
    expect(catalog.families.map(({ id }) => id)).toEqual(expect.arrayContaining(['cnn', 'mlp']))
    expect(catalog.families[0]!.params.properties['learningRate']).toMatchObject({ default: 0.001, group: 'Optimizer' })
    expect(engine.backend).toMatch(/tensorflow|cpu/)
  })
})
