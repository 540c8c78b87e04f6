import { toErrorReply, type ErrorReply } from '@shared/errors'
import type { EpochEnded, Run, RunProgressed, RunSpec } from '@shared/schemas/run'
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import { api, onEvent, onReconnect } from '../api'
import { keepShape, withEpoch, type CurvePoint } from '../charts/series'

/** Points of the loss within epochs that are kept per run while it trains. */
const keptSteps = 1500

/** All runs of the workspace, the epochs of those on screen, and where the ones that train are right now. */
export const useRuns = defineStore('runs', () => {
  const byId = ref<Record<string, Run>>({})
  const isLoaded = ref(false)
  const error = shallowRef<ErrorReply | null>(null)
  const histories = shallowReactive<Record<string, EpochEnded[]>>({})
  const progress = ref<Record<string, RunProgressed>>({})
  /** Loss within the epochs since this window looks: x in epochs, 2.5 is the middle of the third. */
  const steps = shallowReactive<Record<string, CurvePoint[]>>({})

  const all = computed(() => Object.values(byId.value).sort((a, b) => b.createdAt - a.createdAt))
  const running = computed(() => all.value.filter(({ status }) => status === 'running'))
  /** In the order in which they will start. */
  const queued = computed(() => all.value.filter(({ status }) => status === 'queued').reverse())

  let isReading = false
  /** What events said while a list was under way is newer than that list. */
  const newer = new Set<string>()

  async function load(): Promise<void> {
    newer.clear()
    isReading = true
    try {
      const listed = await api.runs.list({})
      const known = byId.value
      const next = Object.fromEntries(listed.filter(({ runId }) => !newer.has(runId)).map((run) => [run.runId, run]))
      for (const id of newer) if (known[id]) next[id] = known[id]
      byId.value = next
      isLoaded.value = true
      error.value = null
    } catch (cause) {
      error.value = toErrorReply(cause)
    } finally {
      isReading = false
    }
  }
  const ensureLoaded = async (): Promise<void> => (isLoaded.value ? undefined : load())

  function put(run: Run): Run {
    if (isReading) newer.add(run.runId)
    byId.value[run.runId] = run
    if (run.status !== 'running') delete progress.value[run.runId]
    return run
  }
  function forget(runId: string): void {
    if (isReading) newer.add(runId)
    delete byId.value[runId]
    delete progress.value[runId]
    delete histories[runId]
    delete steps[runId]
  }

  const readHistory = async (runId: string): Promise<EpochEnded[]> =>
    (histories[runId] = await api.runs.history({ run: runId }))
  /** Reads a run's epochs once; events keep them up to date from then on. */
  const ensureHistory = async (runId: string): Promise<EpochEnded[]> => histories[runId] ?? readHistory(runId)

  function addEpoch(epoch: EpochEnded): void {
    const run = byId.value[epoch.runId]
    if (run && run.status === 'running') run.epochs = Math.max(run.epochs, epoch.epoch)
    const known = histories[epoch.runId]
    if (!known) return
    const next = withEpoch(known, epoch)
    if (next) histories[epoch.runId] = next
    else void readHistory(epoch.runId)
  }
  function addProgress(now: RunProgressed): void {
    progress.value[now.runId] = now
    if (now.phase !== 'training' || now.loss === null || now.steps === 0) return
    const x = now.epoch - 1 + now.step / now.steps
    const before = (steps[now.runId] ?? []).filter((point) => point.x < x)
    steps[now.runId] = keepShape([...before, { x, y: now.loss }], keptSteps)
  }

  /** Events since the window opened, per run: a reply that took longer than an event says something older. */
  const told = new Map<string, number>()
  async function command(call: () => Promise<Run>, runId?: string): Promise<Run> {
    const before = runId === undefined ? 0 : (told.get(runId) ?? 0)
    const run = await call()
    return (told.get(run.runId) ?? 0) === before ? put(run) : (byId.value[run.runId] ?? run)
  }
  const start = (spec: RunSpecInput): Promise<Run> => command(() => api.runs.start(spec))
  const stop = (runId: string): Promise<Run> => command(() => api.runs.stop({ run: runId }), runId)
  const resume = (runId: string): Promise<Run> => command(() => api.runs.resume({ run: runId }), runId)
  const update = (runId: string, change: { name?: string; tags?: string[]; note?: string }): Promise<Run> =>
    command(() => api.runs.update({ run: runId, ...change }), runId)
  /** Deletes a run with its files; resolves to the bytes that are free again. */
  async function remove(runId: string): Promise<number> {
    const { freedBytes } = await api.runs.delete({ run: runId })
    forget(runId)
    return freedBytes
  }

  onEvent('runs.changed', (run) => {
    told.set(run.runId, (told.get(run.runId) ?? 0) + 1)
    put(run)
  })
  onEvent('runs.deleted', ({ runId }) => forget(runId))
  onEvent('runs.epochEnded', addEpoch)
  onEvent('runs.progressed', addProgress)
  onReconnect(() => {
    void load()
    for (const runId of Object.keys(histories)) readHistory(runId).catch(() => delete histories[runId])
  })

  return {
    ...{ byId, all, running, queued, isLoaded, error, histories, progress, steps },
    ...{ load, ensureLoaded, ensureHistory, put, start, stop, resume, update, remove },
  }
})

type RunSpecInput = Pick<RunSpec, 'dataset' | 'family'> & Partial<RunSpec>
