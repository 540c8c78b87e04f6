import type { TaskProgressed } from '@shared/schemas/workspace'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, onEvent } from '../api'

/** Everything on the main side that takes over a second and can be cancelled (imports, audits …). */
export const useTasks = defineStore('tasks', () => {
  const byId = ref<Record<string, TaskProgressed>>({})
  const running = computed(() => Object.values(byId.value).filter(({ state }) => state === 'running'))

  /** A fresh id to pass as `taskId` to a call, so that its progress can be shown and cancelled here. */
  const newId = (): string => crypto.randomUUID()
  const cancel = (taskId: string) => api.workspace.cancelTask({ taskId })

  onEvent('tasks.progressed', (task) => {
    if (task.state === 'running') byId.value[task.taskId] = task
    else delete byId.value[task.taskId]
  })

  return { byId, running, newId, cancel }
})
