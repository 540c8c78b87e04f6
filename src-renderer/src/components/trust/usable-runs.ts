import type { Task } from '@shared/schemas/dataset'
import type { Run } from '@shared/schemas/run'
import { computed, onBeforeUnmount, ref, watch } from 'vue'
import { api, onEvent } from '../../api'
import { useUi } from '../../stores/ui'

/** Runs of a dataset that have weights to ask: at least one epoch. Newest first, kept up to date. `task`: of one only. */
export function usableRuns(datasetId: () => string, task?: Task) {
  const ui = useUi()
  const all = ref<Run[]>([])
  const isLoaded = ref(false)
  const load = async (id: string): Promise<void> => {
    try {
      all.value = await api.runs.list({ dataset: id })
    } catch (error) {
      ui.showError(error, 'The runs could not be read')
    } finally {
      isLoaded.value = true
    }
  }
  watch(datasetId, (id) => void load(id), { immediate: true })
  const stops = [
    onEvent('runs.changed', (run) => {
      if (run.datasetId === datasetId()) void load(run.datasetId)
    }),
    onEvent('runs.deleted', () => void load(datasetId())),
  ]
  onBeforeUnmount(() => stops.forEach((stop) => stop()))
  const runs = computed(() =>
    all.value.filter((run) => run.epochs > 0 && run.status !== 'running' && (task ?? run.task) === run.task),
  )
  return { runs, isLoaded }
}
