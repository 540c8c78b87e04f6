import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { EventName } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'
import { Settings } from '@shared/schemas/workspace'
import { createClient } from '@shared/transport'
import type { Db } from '@main/db/database'
import { dispatch } from '@main/dispatch'
import type { Snapshot } from '@main/ml/snapshot'
import type { ServiceContext } from '@main/services/context'
import { RunService } from '@main/services/run-service'
import { Tasks } from '@main/services/tasks'
import type { JobOptions, JobRunner } from '@main/worker/host'
import type { Jobs } from '@main/worker/protocol'
import { openTempDb, tempFolder } from '../../helpers/temp-db'

type Train = (input: Jobs['train']['input'], options: JobOptions<'train'>) => Promise<Jobs['train']['output']>

const scores = { loss: 0.5, accuracy: 0.75, precision: 0.7, recall: 0.7, f1: 0.7, rocAuc: 0.8 }
const outcome: Jobs['train']['output'] = {
  status: 'finished',
  epochs: 1,
  bestEpoch: 1,
  samplesPerSecond: 1000,
  metrics: { train: scores, validation: null, test: scores },
  baseline: { majorityAccuracy: 0.5 },
  parameterCount: 42,
  device: 'CPU',
  notices: [],
  params: {},
}
const plan: Jobs['plan']['output'] = {
  params: { epochs: 2, seed: 3 },
  layers: [{ name: 'd', kind: 'Dense', outputShape: [null, 2], parameterCount: 42, detail: '' }],
  parameterCount: 42,
  inputShape: [3],
  problems: [],
  warnings: [],
  estimate: { multiplyAdds: 42, memoryBytes: 1e6, seconds: 3, isMeasured: false },
}
const epoch = (runId: string, n: number) => ({
  runId,
  epoch: n,
  learningRate: 0.001,
  seconds: 1,
  samplesPerSecond: 10,
  train: { loss: 1 / n, accuracy: 0.5 },
  validation: null,
})

/** The engine's process is played here, so that its end can be chosen; everything else is real. */
async function setup(train: Train, planned: Partial<typeof plan> = {}) {
  const db = await openTempDb()
  await seedTable(db)
  const root = await tempFolder()
  const jobs: JobRunner = {
    run: (async (_role: string, job: string, input: never, options: never) => {
      if (job === 'plan') return { ...plan, ...planned }
      if (job === 'train') return train(input, options)
      throw new Error(`No "${job}" here.`)
    }) as JobRunner['run'],
  }
  const emit = vi.fn<(event: EventName, payload: unknown) => void>()
  const context: ServiceContext = {
    db,
    jobs,
    emit,
    paths: {
      root,
      database: '',
      runs: join(root, 'runs'),
      cache: join(root, 'cache'),
      files: join(root, 'files'),
      resources: root,
    },
    tasks: new Tasks(emit),
    settings: async () => Settings.parse({}),
    log: () => {},
  }
  const runs = new RunService(context)
  const client = createClient({
    call: (method, input) => dispatch({ runs }, method, input, { signal: new AbortController().signal }),
  })
  const status = async (run: string) => (await client.runs.get({ run })).status
  const reaches = (run: string, wanted: string) => vi.waitFor(async () => expect(await status(run)).toBe(wanted))
  return { db, root, runs, client, emit, reaches, context }
}

async function seedTable(db: Db) {
  await db.exec(`
    INSERT INTO datasets (id, name, modality, source_path, target, positive, created_at)
      VALUES ('d1', 'credit', 'table', '/data/credit.csv', 'risk', 'good', 1);
    INSERT INTO fields (dataset_id, name, position, kind, is_input, is_sensitive) VALUES
      ('d1', 'age', 0, 'number', 1, 1), ('d1', 'note', 1, 'text', 0, 0), ('d1', 'risk', 2, 'category', 0, 0);
    INSERT INTO classes (id, dataset_id, name, position) VALUES (1, 'd1', 'bad', 0), (2, 'd1', 'good', 1), (3, 'd1', 'unused', 2);
    INSERT INTO samples (id, dataset_id, row, "values", class_id, split) VALUES
      (1, 'd1', 1, '{"age":20,"note":"x","risk":"bad"}', 1, 'train'),
      (2, 'd1', 2, '{"age":30,"note":"y","risk":"good"}', 2, 'test'),
      (3, 'd1', 3, '{"age":null,"note":"z"}', NULL, NULL);
  `)
}

const start = { dataset: 'credit', family: 'mlp' }

describe('runs, through the same door that the window uses', () => {
  it('that run out of memory go on with half the batch, and say so', async () => {
    const asked: [unknown, boolean][] = []
    const { client, reaches } = await setup(
      async ({ params, resume }) => {
        asked.push([params['batchSize'], resume])
        if (asked.length < 3) throw new WorkbenchError('out_of_memory', 'The machine ran out of memory.')
        return { ...outcome, notices: ['Stopped early.'] }
      },
      { params: { ...plan.params, batchSize: 64 } },
    )
    const { runId } = await client.runs.start(start)
    await reaches(runId, 'finished')
    expect(asked).toEqual([
      [64, false],
      [32, true],
      [16, true],
    ])
    const run = await client.runs.get({ run: runId })
    expect(run.params['batchSize']).toBe(16)
    expect(run.notices).toEqual([expect.stringContaining('batches of 16'), 'Stopped early.'])
  })

  it('fail when not even single samples fit, and when a process dies for another reason', async () => {
    let calls = 0
    const train = async () => {
      calls++
      throw new WorkbenchError(calls < 9 ? 'out_of_memory' : 'worker_crashed', 'The train process ended.')
    }
    const { client, reaches } = await setup(train, { params: { ...plan.params, batchSize: 2 } })
    const { runId } = await client.runs.start(start)
    await reaches(runId, 'failed')
    expect(calls).toBe(2)
    calls = 9
    const { runId: second } = await client.runs.start(start)
    await reaches(second, 'failed')
    expect(calls).toBe(10)
  })

  it('pins the data, stores each epoch and each prediction, and ends as finished', async () => {
    const { client, db, root, emit, reaches } = await setup(async ({ runId }, { onEvent }) => {
      onEvent?.({ kind: 'epoch', epoch: epoch(runId, 1) })
      onEvent?.({
        kind: 'predictions',
        rows: [
          { sampleId: 1, split: 'train', truth: 0, predicted: 1, confidence: 0.9, probabilities: [0.1, 0.9] },
          { sampleId: 2, split: 'test', truth: 1, predicted: 1, confidence: 0.8, probabilities: [0.2, 0.8] },
          { sampleId: 3, split: 'test', truth: null, predicted: 0, confidence: 0.6, probabilities: [0.6, 0.4] },
        ],
      })
      return outcome
    })
    const run = await client.runs.start(start)
    expect(run).toMatchObject({ status: 'queued', name: 'mlp 1', seed: 3, classes: ['bad', 'good'], datasetId: 'd1' })
    await reaches(run.runId, 'finished')

    const snapshot = JSON.parse(await readFile(join(root, 'runs', run.runId, 'snapshot.json'), 'utf8')) as Snapshot
    expect(snapshot).toMatchObject({
      classes: ['bad', 'good'],
      positive: 1,
      fields: [{ name: 'age', isSensitive: true }],
    })
    expect(snapshot.samples).toEqual([
      { id: 1, target: 0, split: 'train', values: [20] },
      { id: 2, target: 1, split: 'test', values: [30] },
      { id: 3, target: null, split: null, values: [null] },
    ])
    expect(await client.runs.history({ run: run.runId })).toEqual([epoch(run.runId, 1)])
    expect(emit).toHaveBeenCalledWith('runs.epochEnded', expect.objectContaining({ epoch: 1 }))
    expect(await client.runs.results({ run: run.runId, split: 'test' })).toMatchObject({
      sampleCount: 1,
      confusion: [
        [0, 0],
        [0, 1],
      ],
    })
    expect(await client.runs.cell({ run: 'mlp 1', split: 'train', truth: 'bad', predicted: 'good' })).toMatchObject({
      total: 1,
      predictions: [{ sampleId: 1, confidence: 0.9, probabilities: [0.1, 0.9] }],
    })
    expect(await db.get('SELECT count(*) AS n FROM run_predictions')).toEqual({ n: 3 })
  })

  it('refuses a plan with problems, naming them, and leaves neither row nor folder', async () => {
    const problems = [{ param: 'batchSize', message: 'The batch is larger than the training split.' }]
    const { client, root } = await setup(async () => outcome, { problems })
    await expect(client.runs.start(start)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('larger than the training split'),
    })
    expect(await client.runs.list({})).toEqual([])
    expect(existsSync(join(root, 'runs'))).toBe(false)
  })

  it('fails with the reason when the process dies, keeps what was stored, and can be resumed', async () => {
    const resumed: boolean[] = []
    const { client, reaches } = await setup(async ({ runId, resume }, { onEvent }) => {
      resumed.push(resume)
      if (resume) return outcome
      onEvent?.({ kind: 'epoch', epoch: epoch(runId, 1) })
      throw new WorkbenchError('worker_crashed', 'The train process ended unexpectedly (signal SIGKILL).')
    })
    const { runId } = await client.runs.start(start)
    await reaches(runId, 'failed')
    const failed = await client.runs.get({ run: runId })
    expect(failed).toMatchObject({ epochs: 1, isResumable: true, error: expect.stringContaining('SIGKILL') })
    await client.runs.resume({ run: runId })
    await reaches(runId, 'finished')
    expect(resumed).toEqual([false, true])
    expect((await client.runs.get({ run: runId })).error).toBeNull()
    expect(await client.runs.history({ run: runId })).toHaveLength(1)
  })

  it('trains one at a time, in order; stop closes a waiting run at once and aborts the one that trains', async () => {
    const order: string[] = []
    const { client, reaches } = await setup(async ({ runId }, { signal }) => {
      order.push(runId)
      await new Promise<void>((done) => signal!.addEventListener('abort', () => done()))
      return { ...outcome, status: 'stopped' }
    })
    const first = await client.runs.start(start)
    const second = await client.runs.start(start)
    const third = await client.runs.start(start)
    await reaches(first.runId, 'running')
    expect((await client.runs.stop({ run: second.runId })).status).toBe('stopped')
    await client.runs.stop({ run: first.runId })
    await reaches(first.runId, 'stopped')
    await reaches(third.runId, 'running')
    expect(order).toEqual([first.runId, third.runId])
    await expect(client.runs.delete({ run: third.runId })).rejects.toMatchObject({ code: 'conflict' })
    await client.runs.stop({ run: third.runId })
    await reaches(third.runId, 'stopped')
    await client.runs.delete({ run: third.runId })
    await expect(client.runs.get({ run: third.runId })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('marks what was going when the program died as interrupted', async () => {
    const { db, runs, client } = await setup(async () => outcome)
    await db.exec(`INSERT INTO runs (id, dataset_id, name, family, params, seed, status, created_at)
      VALUES ('r1', 'd1', 'a', 'mlp', '{}', 1, 'running', 1), ('r2', 'd1', 'b', 'mlp', '{}', 1, 'finished', 1)`)
    await runs.recover()
    expect(await client.runs.get({ run: 'r1' })).toMatchObject({ status: 'interrupted', isResumable: true })
    expect((await client.runs.get({ run: 'r2' })).status).toBe('finished')
  })

  it('compares settings and confusion matrices over the union of classes', async () => {
    const { db, client } = await setup(async () => outcome)
    await db.exec(`
      INSERT INTO runs (id, dataset_id, name, family, params, seed, status, summary, created_at) VALUES
        ('r1', 'd1', 'a', 'mlp', '{"epochs":5,"batchSize":8}', 1, 'finished', '{"classes":["bad","good"]}', 1),
        ('r2', 'd1', 'b', 'mlp', '{"epochs":9,"batchSize":8}', 1, 'finished', '{"classes":["good","fair"]}', 2);
      INSERT INTO run_predictions VALUES
        ('r1', 1, 'test', 0, 0, 0.9, '[0.9,0.1]'), ('r1', 2, 'test', 1, 0, 0.9, '[0.9,0.1]'),
        ('r2', 1, 'test', 1, 0, 0.9, '[0.9,0.1]');`)
    const comparison = await client.runs.compare({ runs: ['a', 'b'] })
    expect(comparison.settingsDiff).toEqual({ epochs: [5, 9] })
    expect(comparison.classes).toEqual(['bad', 'good', 'fair'])
    expect(comparison.confusion).toEqual({
      r1: [
        [1, 0, 0],
        [1, 0, 0],
        [0, 0, 0],
      ],
      r2: [
        [0, 0, 0],
        [0, 0, 0],
        [0, 1, 0],
      ],
    })
  })

  it('names what exists when a run or class is unknown, and refuses bad input at the door', async () => {
    const { client } = await setup(async () => outcome)
    await expect(client.runs.get({ run: 'nope' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(client.runs.start({ ...start, dataset: 'nope' })).rejects.toThrow(/There are: credit/)
    await expect(client.runs.start({ dataset: '', family: 'mlp' })).rejects.toMatchObject({ code: 'invalid_input' })
  })
})
