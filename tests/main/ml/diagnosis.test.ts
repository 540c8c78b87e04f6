import { describe, expect, test } from 'vitest'
import { randomStream } from '@main/ml/random'
import type { Snapshot } from '@main/ml/snapshot'
import type { Jobs } from '@main/worker/protocol'
import { diagnose } from '@shared/diagnosis'
import type { EpochEnded, Params, Run } from '@shared/schemas/run'
import { inProcessJobs } from '../../helpers/in-process-jobs'
import { tempFolder } from '../../helpers/temp-db'
import { aRun } from '../../renderer/runs/a-run'
import { runFolderWith, toyTable } from './toy'

/** Trains for real and gives what the window has of it. */
async function ended(snapshot: Snapshot, params: Params): Promise<{ run: Run; history: EpochEnded[] }> {
  const runDir = await runFolderWith(snapshot, await tempFolder())
  const history: EpochEnded[] = []
  const onEvent = (event: Jobs['train']['event']) => void (event.kind === 'epoch' && history.push(event.epoch))
  const input = { runId: 'r1', runDir, family: 'mlp', params, resume: false, threads: 1, cacheDir: runDir }
  const signal = new AbortController().signal
  const { metrics, baseline, params: full } = await inProcessJobs.run('train', 'train', input, { signal, onEvent })
  return { run: aRun({ params: full, metrics, baseline }), history }
}

/** The toy table with this share of its labels decided by chance. */
function noisyTable(share: number): Snapshot {
  const random = randomStream(11)
  const table = toyTable(300)
  const flip = (target: number | null) => (target !== null && random.uniform() < share ? random.below(2) : target)
  return { ...table, samples: table.samples.map((sample) => ({ ...sample, target: flip(sample.target) })) }
}

const plain: Params = { hiddenLayers: 1, units: 16, dropout: 0, l2: 0, batchSize: 16, schedule: 'constant' }
const diagnosisOf = async (snapshot: Snapshot, params: Params) => {
  const { run, history } = await ended(snapshot, { ...plain, ...params })
  return diagnose(run, history)
}

describe('what the curves of a real run say', () => {
  test('labels decided by chance are learnt by heart: overfitting, and the remedy heals', async () => {
    const params = { hiddenLayers: 2, units: 128, epochs: 60, learningRate: 0.01 }
    const ill = await diagnosisOf(noisyTable(0.6), params)
    expect(ill.ailment).toBe('overfitting')
    expect(ill.evidence).toMatch(/Validation loss lowest in epoch \d+/)
    expect(ill.remedies.map(({ change }) => change)).toEqual([
      { earlyStopping: true },
      { dropout: 0.2 },
      { l2: 0.0005 },
    ])
    const healed = await ended(noisyTable(0.6), { ...plain, ...params, ...ill.remedies[0]!.change })
    expect(healed.history.length).toBeLessThan(60)
  })

  test('steps too short for the time given: still improving', async () => {
    const early = await diagnosisOf(toyTable(300), { epochs: 8, learningRate: 0.001 })
    expect(early.ailment).toBe('still-improving')
    expect(early.remedies[0]).toEqual({ title: '16 epochs', change: { epochs: 16 } })
  })

  test('steps far too short: learns nothing', async () => {
    const idle = await diagnosisOf(noisyTable(1), { epochs: 5, learningRate: 1e-9 })
    expect(idle.ailment).toBe('not-learning')
    expect(idle.remedies.map(({ title }) => title)).toContain('Let rare classes count for more')
  })

  test('steps far too long: diverges', async () => {
    const wild = await diagnosisOf(noisyTable(0.5), { epochs: 6, learningRate: 3, l2: 0.01, optimizer: 'momentum' })
    expect(wild.ailment).toBe('diverging')
    expect(wild.remedies[0]!.change).toEqual({ learningRate: 0.6 })
  })

  test('noise that no network can learn, seen through strong regularisation: underfitting', async () => {
    const params = { epochs: 40, learningRate: 0.01, l2: 0.05, dropout: 0.3, schedule: 'cosine' }
    const dull = await diagnosisOf(noisyTable(0.6), params)
    expect(dull.ailment).toBe('underfitting')
    expect(dull.remedies.map(({ change }) => change)).toContainEqual({ dropout: 0, l2: 0 })
  })

  test('clean data, enough time: healthy, and nothing to sell', async () => {
    const fine = await diagnosisOf(toyTable(300), { epochs: 40, learningRate: 0.01, schedule: 'cosine' })
    expect(fine).toMatchObject({ ailment: 'healthy', remedies: [] })
  })

  test('too few epochs, or nothing held out: it says that it cannot tell', async () => {
    expect((await diagnosisOf(toyTable(), { epochs: 2 })).verdict).toMatch(/too short to judge/)
    const all = toyTable()
    const training = { ...all, samples: all.samples.filter(({ split }) => split === 'train') }
    expect((await diagnosisOf(training, { epochs: 4 })).verdict).toMatch(/Without a validation split/)
  })
})
