import type { LogEntry, Settings, WorkspaceInfo } from '@shared/schemas/workspace'
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api, onEvent, onReconnect } from '../api'

const keptLogs = 1000

/** Who holds the workspace, which engine computes, the settings and the log. */
export const useWorkspace = defineStore('workspace', () => {
  const info = ref<WorkspaceInfo | null>(null)
  const settings = ref<Settings | null>(null)
  const logs = ref<LogEntry[]>([])

  async function load(): Promise<void> {
    ;[info.value, settings.value] = await Promise.all([api.workspace.get({}), api.workspace.settings({})])
  }
  async function loadLogs(): Promise<void> {
    logs.value = await api.workspace.logs({ limit: keptLogs })
  }
  async function updateSettings(change: Partial<Settings>): Promise<void> {
    // Somebody else holds the workspace: the theme can still be changed for this window.
    if (info.value?.isReadOnly && settings.value && Object.keys(change).join() === 'theme')
      return void (settings.value = { ...settings.value, ...change })
    settings.value = await api.workspace.updateSettings(change)
  }

  onEvent('workspace.changed', (next) => (info.value = next))
  onEvent('workspace.settingsChanged', (next) => (settings.value = next))
  onEvent('workspace.logged', (entry) => {
    logs.value.push(entry)
    if (logs.value.length > keptLogs) logs.value.splice(0, logs.value.length - keptLogs)
  })
  onReconnect(() => void load())

  return { info, settings, logs, load, loadLogs, updateSettings }
})
