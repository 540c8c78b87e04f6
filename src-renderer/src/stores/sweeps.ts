import type { SweepSpec, Sweep } from '@shared/schemas/sweep'
import { toErrorReply, type ErrorReply } from '@shared/errors'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { z } from 'zod'
import { api, onEvent, onReconnect } from '../api'

/** All sweeps of the workspace. */
export const useSweeps = defineStore('sweeps', () => {
  const byId = ref<Record<string, Sweep>>({})
  const isLoaded = ref(false)
  const error = shallowRef<ErrorReply | null>(null)
  const all = computed(() => Object.values(byId.value).sort((a, b) => b.createdAt - a.createdAt))

  async function load(): Promise<void> {
    try {
      const listed = await api.sweeps.list({})
      byId.value = Object.fromEntries(listed.map((sweep) => [sweep.sweepId, sweep]))
      isLoaded.value = true
      error.value = null
    } catch (cause) {
      error.value = toErrorReply(cause)
    }
  }
  const ensureLoaded = async (): Promise<void> => (isLoaded.value ? undefined : load())

  const put = (sweep: Sweep): Sweep => (byId.value[sweep.sweepId] = sweep)
  /** Events say what happened since; the reply is only the first word. */
  const start = async (spec: z.input<typeof SweepSpec>): Promise<Sweep> => {
    const sweep = await api.sweeps.start(spec)
    return byId.value[sweep.sweepId] ?? put(sweep)
  }
  const stop = async (sweepId: string) => void (await api.sweeps.stop({ sweep: sweepId }))
  const resume = async (sweepId: string) => void (await api.sweeps.resume({ sweep: sweepId }))
  const remove = (sweepId: string, runs: boolean) => api.sweeps.delete({ sweep: sweepId, runs })

  onEvent('sweeps.changed', put)
  onEvent('sweeps.deleted', ({ sweepId }) => void delete byId.value[sweepId])
  onReconnect(() => void (isLoaded.value && load()))

  return { byId, all, isLoaded, error, load, ensureLoaded, start, stop, resume, remove }
})
