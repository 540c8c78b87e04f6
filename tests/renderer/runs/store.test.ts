// @vitest-environment happy-dom
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { EpochEnded, Run, RunProgressed } from '@shared/schemas/run'
import { aRun } from './a-run'

/** The bridge that the desktop shell puts on the window: calls are answered from `replies`, events sent by `send`. */
const replies: Record<string, (input: never) => unknown> = {}
const calls: string[] = []
const listeners = new Map<string, (payload: unknown) => void>()
window.pellucid = {
  shell: 'desktop',
  pathForFile: () => '',
  call: async (method, input) => {
    calls.push(method)
    try {
      return { ok: true, value: await replies[method]!(input as never) }
    } catch (error) {
      return { ok: false, error: error as never }
    }
  },
  on: (event, listener) => {
    listeners.set(event, listener as (payload: unknown) => void)
    return () => listeners.delete(event)
  },
}
const send = (event: string, payload: unknown) => listeners.get(event)!(payload)
const { useRuns } = await import('@renderer/stores/runs')

const epoch = (n: number): EpochEnded => ({
  ...{ runId: 'r1', epoch: n, learningRate: 0.1, seconds: 1, samplesPerSecond: 1, validation: null },
  train: { loss: 1 / n, accuracy: 0.5 },
})
const progress = (step: number, now: Partial<RunProgressed> = {}): RunProgressed => ({
  ...{ runId: 'r1', epoch: 1, epochs: 3, step, steps: 10, loss: 1, samplesPerSecond: 5, secondsLeft: 4 },
  phase: 'training',
  ...now,
})

beforeEach(() => {
  setActivePinia(createPinia())
  calls.length = 0
  replies['runs.list'] = () => [aRun({ status: 'running', epochs: 0 })]
  replies['runs.history'] = () => [epoch(1)]
})

describe('the store of runs', () => {
  it('keeps what an event said while the list was under way', async () => {
    let answer = (_: Run[]) => {}
    replies['runs.list'] = () => new Promise<Run[]>((resolve) => (answer = resolve))
    const runs = useRuns()
    const loading = runs.load()
    await vi.waitFor(() => expect(calls).toContain('runs.list'))
    send('runs.changed', aRun({ status: 'finished' }))
    send('runs.changed', aRun({ runId: 'gone' }))
    send('runs.deleted', { runId: 'gone' })
    answer([aRun({ status: 'running' }), aRun({ runId: 'gone' }), aRun({ runId: 'other' })])
    await loading
    expect(runs.byId['r1']?.status).toBe('finished')
    expect(Object.keys(runs.byId).sort()).toEqual(['other', 'r1'])
  })
  it('adds epochs to a history that was read, and reads again when one was missed', async () => {
    const runs = useRuns()
    await runs.load()
    send('runs.epochEnded', epoch(1)) // nobody looks at the curves yet
    expect(runs.histories['r1']).toBeUndefined()
    await runs.ensureHistory('r1')
    send('runs.epochEnded', epoch(2))
    expect(runs.histories['r1']?.map((one) => one.epoch)).toEqual([1, 2])
    expect(runs.byId['r1']?.epochs).toBe(2)
    replies['runs.history'] = () => [1, 2, 3, 4].map(epoch)
    send('runs.epochEnded', epoch(4))
    await vi.waitFor(() => expect(runs.histories['r1']?.map((one) => one.epoch)).toEqual([1, 2, 3, 4]))
  })
  it('follows the loss within the epoch and forgets the progress when the run ends', async () => {
    const runs = useRuns()
    await runs.load()
    send('runs.progressed', progress(2, { loss: 2 }))
    send('runs.progressed', progress(5, { loss: 1.5 }))
    send('runs.progressed', progress(10, { phase: 'evaluating' }))
    expect(runs.steps['r1']).toEqual([
      { x: 0.2, y: 2 },
      { x: 0.5, y: 1.5 },
    ])
    expect(runs.progress['r1']?.phase).toBe('evaluating')
    send('runs.changed', aRun({ status: 'finished' }))
    expect(runs.progress['r1']).toBeUndefined()
  })
  it('drops the batches that a resumed run goes through again', async () => {
    const runs = useRuns()
    await runs.load()
    for (const step of [2, 5, 8]) send('runs.progressed', progress(step))
    send('runs.progressed', progress(4, { loss: 9 }))
    expect(runs.steps['r1']).toEqual([
      { x: 0.2, y: 1 },
      { x: 0.4, y: 9 },
    ])
  })
  it('does not let a slow reply take back what an event said meanwhile', async () => {
    const runs = useRuns()
    await runs.load()
    replies['runs.resume'] = () => {
      send('runs.changed', aRun({ status: 'queued' }))
      send('runs.changed', aRun({ status: 'running' }))
      return aRun({ status: 'queued' })
    }
    replies['runs.start'] = () => {
      send('runs.changed', aRun({ runId: 'new', status: 'running' }))
      return aRun({ runId: 'new', status: 'queued' })
    }
    await runs.resume('r1')
    await runs.start({ dataset: 'd1', family: 'cnn' })
    expect([runs.byId['r1']?.status, runs.byId['new']?.status]).toEqual(['running', 'running'])
    replies['runs.stop'] = () => aRun({ status: 'stopped' })
    await runs.stop('r1')
    expect(runs.byId['r1']?.status).toBe('stopped')
  })
  it('lists waiting runs in the order in which they will start', async () => {
    replies['runs.list'] = () => [
      aRun({ runId: 'late', status: 'queued', createdAt: 20 }),
      aRun({ runId: 'soon', status: 'queued', createdAt: 10 }),
    ]
    const runs = useRuns()
    await runs.load()
    expect(runs.queued.map(({ runId }) => runId)).toEqual(['soon', 'late'])
  })
  it('tells how many bytes a deletion freed and forgets the run', async () => {
    replies['runs.delete'] = () => ({ freedBytes: 4096 })
    const runs = useRuns()
    await runs.load()
    expect(await runs.remove('r1')).toBe(4096)
    expect(runs.byId['r1']).toBeUndefined()
  })
  it('keeps the reason when the list cannot be read', async () => {
    replies['runs.list'] = () => Promise.reject({ code: 'internal', message: 'no database' })
    const runs = useRuns()
    await runs.load()
    expect(runs.error?.message).toBe('no database')
    expect(runs.isLoaded).toBe(false)
  })
})
