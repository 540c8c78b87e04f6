import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Run } from '@shared/schemas/run'
import { startServe, type ServeProcess } from '../helpers/serve-process'
import { tempFolder } from '../helpers/temp-db'

const kills = Number(process.env['PELLUCID_SOAK_KILLS'] ?? 50)
const table = resolve(import.meta.dirname, '../../resources/samples/german-credit/german-credit.csv')

/** A small generator with a printed seed, so that a failure can be repeated. */
function random(seed: number) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

describe(`${kills} kills at random moments of training and labelling`, () => {
  it('loses nothing that was acknowledged, opens again, and every run can be resumed', async () => {
    const seed = Number(process.env['PELLUCID_SOAK_SEED'] ?? Date.now() % 1_000_000)
    console.log(`seed ${seed}`)
    const next = random(seed)
    const workspace = await tempFolder()
    let serve = await startServe(workspace)
    await serve.client.datasets.import({ paths: [table], name: 'credit', target: 'credit_risk', positive: 'good' })
    const ids = (await serve.client.datasets.sampleIds({ dataset: 'credit' })).ids
    let run = await startRun(serve)
    const acknowledged = new Map<number, string>()
    let epochsSeen = 0

    for (let kill = 1; kill <= kills; kill++) {
      const killWorker = next() < 0.4
      const labelling = label(serve, ids, next, acknowledged)
      await pause(200 + next() * 2500)
      epochsSeen = (await serve.client.runs.history({ run: run.runId })).length
      if (killWorker) {
        for (const pid of await serve.workerPids()) process.kill(pid, 'SIGKILL')
        await until(async () => (await serve.client.runs.get({ run: run.runId })).status !== 'running')
        labelling.stop()
        await labelling.done
      } else {
        await serve.kill()
        labelling.stop()
        await labelling.done
        serve = await startServe(workspace)
      }

      const after = await serve.client.runs.get({ run: run.runId })
      expect(['interrupted', 'failed', 'finished'], `kill ${kill}: ${after.error}`).toContain(after.status)
      if (after.status === 'failed') expect(after.error).toMatch(/ended unexpectedly/)
      expect(after.epochs, `kill ${kill}: stored epochs`).toBeGreaterThanOrEqual(epochsSeen)
      const stored = await labelsOf(serve)
      for (const [id, name] of acknowledged) expect(stored.get(id), `kill ${kill}: sample ${id}`).toBe(name)

      run = after.status === 'finished' ? await startRun(serve) : await serve.client.runs.resume({ run: run.runId })
      await until(async () => (await serve.client.runs.get({ run: run.runId })).status !== 'queued')
    }

    await until(async () => (await serve.client.runs.get({ run: run.runId })).status !== 'running', 240_000)
    const last = await serve.client.runs.get({ run: run.runId })
    expect(last.status, last.error ?? '').toBe('finished')
    await serve.stop()
  })
})

const startRun = (serve: ServeProcess): Promise<Run> =>
  serve.client.runs.start({
    dataset: 'credit',
    family: 'mlp',
    params: { epochs: 400, earlyStopping: false, batchSize: 32 },
  })

/** Labels single samples until stopped; only what the server has answered counts as acknowledged. */
function label(serve: ServeProcess, ids: number[], next: () => number, acknowledged: Map<number, string>) {
  let isStopped = false
  const done = (async () => {
    while (!isStopped) {
      const id = ids[Math.floor(next() * ids.length)]!
      const name = next() < 0.5 ? 'good' : 'bad'
      // Until it is answered, either value may be there after a kill.
      const before = acknowledged.get(id)
      acknowledged.delete(id)
      try {
        await serve.client.annotations.label({ dataset: 'credit', selection: { ids: [id] }, class: name })
        acknowledged.set(id, name)
      } catch (error) {
        if (isConnectionLost(error)) return
        if (before) acknowledged.set(id, before)
        throw error
      }
    }
  })()
  return { done, stop: () => (isStopped = true) }
}

const isConnectionLost = (error: unknown) => error instanceof TypeError // fetch failed

async function labelsOf(serve: ServeProcess): Promise<Map<number, string | null>> {
  const { samples } = await serve.client.datasets.samples({ dataset: 'credit', limit: 5000 })
  return new Map(samples.map((sample) => [sample.sampleId, sample.className]))
}

async function until(check: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await check())) {
    if (Date.now() > end) throw new Error('Waited too long.')
    await pause(100)
  }
}
