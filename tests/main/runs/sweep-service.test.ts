import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { EpochEnded, Run } from '@shared/schemas/run'
import { SplitSpec } from '@shared/schemas/dataset'
import { SweepSpec, type Sweep } from '@shared/schemas/sweep'
import { RunService } from '@main/services/run-service'
import { SweepService } from '@main/services/sweep-service'
import { dataServices, never, parseOutput, type DataServices } from '../../helpers/data-services'

/** Runs and sweeps on a database, wired as the workbench wires them; a second call is a second start of the program. */
function services({ context }: DataServices) {
  const runs = new RunService({
    ...context,
    emit: (event, payload) => {
      context.emit(event, payload)
      if (event === 'runs.changed') sweeps.onRunChanged(payload as Run)
      if (event === 'runs.epochEnded') sweeps.onEpochEnded(payload as EpochEnded)
    },
  })
  const sweeps = new SweepService(context, runs)
  const start = (what: object) =>
    sweeps.start(SweepSpec.parse({ dataset: 'credit', family: 'mlp', params: { epochs: 2 }, ...what }), never)
  const reaches = (sweep: Sweep, status: Sweep['status']) =>
    vi.waitFor(
      async () => {
        const now = await sweeps.get({ sweep: sweep.sweepId })
        expect(now.status).toBe(status)
        return now
      },
      { timeout: 90_000, interval: 50 },
    )
  return { runs, sweeps, start, reaches }
}

async function credit(split = {}) {
  const data = await dataServices()
  const csv = join(data.context.paths.resources, 'samples/german-credit/german-credit.csv')
  await data.importFiles([csv], { name: 'credit', target: 'credit_risk', positive: 'good' })
  await data.datasets.split(SplitSpec.parse({ dataset: 'credit', ...split }))
  return { data, ...services(data) }
}

/** The machine may be busy. */
const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 20 })
const choice = (...values: unknown[]) => ({ kind: 'choice' as const, values })

describe('a sweep', () => {
  test('trains every configuration with every seed, and tells the best one', async () => {
    const { data, start, reaches, runs } = await credit()
    const begun = await start({ strategy: 'grid', space: { units: choice(4, 16), l2: choice(0, 1) }, seeds: 2 })
    expect(begun).toMatchObject({ name: 'mlp sweep 1', status: 'running' })
    expect(begun.trials.map(({ state }) => state)).toContain('running')
    const ended = await reaches(begun, 'finished')
    expect(parseOutput('sweeps.get', ended)).toEqual(ended)
    expect(ended.trials.map(({ state, seed, epochs }) => [state, seed, epochs])).toEqual([
      ...Array.from({ length: 4 }, () => ['finished', 1, 2]),
      ...Array.from({ length: 4 }, () => ['finished', 2, 2]),
    ])
    const scores = ended.configs.map(({ score }) => score!)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    expect(ended.configs[0]).toMatchObject({ seeds: 2, interval: [expect.any(Number), expect.any(Number)] })
    const best = await runs.get({ run: ended.configs[0]!.runId! })
    expect(best).toMatchObject({ status: 'finished', tags: ['mlp sweep 1'], params: ended.configs[0]!.params })
    expect(best.metrics.validation!.accuracy).toBeGreaterThanOrEqual(ended.configs[0]!.score!)
    expect(ended.importance.map(({ param }) => param).sort()).toEqual(['l2', 'units'])
    expect(data.events.filter(({ event }) => event === 'sweeps.changed').length).toBeGreaterThan(8)
    // What is told is what the runs say.
    for (const { runId, score } of ended.trials)
      expect((await runs.get({ run: runId! })).metrics.validation!.accuracy).toBe(score)
  }, 120_000)

  test('by halving stops what falls behind and spends its epochs on the others', async () => {
    const { start, reaches, runs } = await credit()
    const space = { learningRate: choice(1e-6, 1e-5, 0.01, 0.02, 1e-7, 3e-6, 0.005, 2e-6, 5e-7) }
    const epochs = 48 // long enough that the word to stop comes before the end
    const begun = await start({
      strategy: 'halving',
      space,
      trials: 9,
      objective: 'loss',
      params: { epochs, batchSize: 8, units: 256 },
    })
    const ended = await reaches(begun, 'finished')
    const pruned = ended.trials.filter(({ state }) => state === 'pruned')
    expect(pruned.length).toBeGreaterThanOrEqual(3)
    for (const { epochs: trained, runId } of pruned) {
      expect(trained).toBeLessThan(epochs)
      expect((await runs.get({ run: runId! })).status).toBe('stopped')
    }
    expect(Number(ended.configs[0]!.params['learningRate'])).toBeGreaterThanOrEqual(0.005)
  }, 120_000)

  test('is stopped with its runs kept, outlives the program, and goes on to the same end', async () => {
    const { data, start, sweeps } = await credit()
    const begun = await start({ space: { units: choice(4, 8, 16) }, params: { epochs: 200 } })
    await soon(() => expect(data.events.some(({ event }) => event === 'runs.epochEnded')).toBe(true))
    const stopped = await sweeps.stop({ sweep: begun.sweepId })
    expect(stopped.status).toBe('stopped')
    await soon(async () => {
      const { trials } = await sweeps.get({ sweep: begun.sweepId })
      expect(trials.map(({ state }) => state)).toEqual(['stopped', 'waiting', 'waiting'])
      expect(trials[0]!.epochs).toBeGreaterThan(0)
    })
    await expect(sweeps.stop({ sweep: begun.sweepId })).rejects.toThrow(/is stopped/)
    sweeps.close()

    const again = services(data)
    await again.sweeps.recover()
    await again.sweeps.resume({ sweep: begun.sweepId })
    const ended = await again.reaches(begun, 'finished')
    expect(ended.trials.map(({ state, epochs }) => [state, epochs])).toEqual([
      ['finished', 200],
      ['finished', 200],
      ['finished', 200],
    ])
    expect(ended.trials[0]!.runId).toBe(stopped.trials[0]!.runId)
  }, 120_000)

  test('that was going when the program died is interrupted, and resumed', async () => {
    const { data, start, sweeps, runs } = await credit()
    const begun = await start({ space: { units: choice(4, 8) }, params: { epochs: 200 } })
    await soon(() => expect(data.events.some(({ event }) => event === 'runs.epochEnded')).toBe(true))
    sweeps.close()
    await runs.close()
    const again = services(data)
    await again.runs.recover()
    await again.sweeps.recover()
    expect((await again.sweeps.get({ sweep: begun.sweepId })).status).toBe('interrupted')
    await again.sweeps.resume({ sweep: begun.name })
    const ended = await again.reaches(begun, 'finished')
    expect(ended.trials.map(({ state, epochs }) => [state, epochs])).toEqual([
      ['finished', 200],
      ['finished', 200],
    ])
  }, 120_000)

  test('goes on past settings that cannot be trained, and says why they failed', async () => {
    const { start, reaches } = await credit()
    const space = { optimizer: choice('adamw', 'adam') }
    const ended = await reaches(
      await start({ strategy: 'grid', space, params: { weightDecay: 0.01, epochs: 1 } }),
      'finished',
    )
    expect(ended.trials.map(({ state, reason }) => [state, reason])).toEqual([
      ['finished', null],
      ['failed', expect.stringMatching(/Weight decay works with the optimizer adamw only/)],
    ])
  }, 60_000)

  test('is refused without a validation split, with settings that the family lacks, or for a dataset that is not there', async () => {
    const { start, sweeps } = await credit({ train: 0.8, validation: 0, test: 0.2 })
    await expect(start({ space: { units: choice(4) } })).rejects.toThrow(/validation split, and it is empty/)
    const { start: startHere } = await credit()
    await expect(startHere({ space: { wings: choice(2) } })).rejects.toThrow(/no setting "wings"/)
    await expect(startHere({ dataset: 'nowhere', space: { units: choice(4) } })).rejects.toThrow(/nowhere/)
    expect(await sweeps.list({})).toEqual([])
  }, 60_000)

  test('is deleted alone, or with its runs', async () => {
    const { start, reaches, sweeps, runs } = await credit()
    const first = await reaches(await start({ space: { units: choice(4) }, params: { epochs: 1 } }), 'finished')
    expect(await sweeps.delete({ sweep: first.sweepId, runs: false })).toEqual({ freedBytes: 0 })
    expect(await runs.list({})).toHaveLength(1)
    const second = await reaches(await start({ space: { units: choice(4) }, params: { epochs: 1 } }), 'finished')
    expect((await sweeps.delete({ sweep: second.name, runs: true })).freedBytes).toBeGreaterThan(1000)
    expect(await runs.list({})).toHaveLength(1)
    await expect(sweeps.get({ sweep: second.sweepId })).rejects.toThrow(/No sweep/)
  }, 60_000)
})
