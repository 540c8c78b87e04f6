import type { Dataset } from '@shared/schemas/dataset'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, onEvent, onReconnect } from '../api'
import { router } from '../router'

/** All datasets, the one on screen, and a revision per dataset that grows when its samples change. */
export const useDatasets = defineStore('datasets', () => {
  const all = ref<Dataset[]>([])
  const isLoaded = ref(false)
  const revisions = ref<Record<string, number>>({})

  const currentId = computed(() => {
    const id = router.currentRoute.value.params['dataset']
    return typeof id === 'string' ? id : lastId.value
  })
  const lastId = ref<string | null>(null)
  const current = computed(() => all.value.find(({ datasetId }) => datasetId === currentId.value) ?? null)

  async function load(): Promise<void> {
    all.value = await api.datasets.list({})
    isLoaded.value = true
  }
  /** Puts a dataset that a call returned at its place, without waiting for the event. */
  function put(dataset: Dataset): void {
    const index = all.value.findIndex(({ datasetId }) => datasetId === dataset.datasetId)
    if (index < 0) all.value.push(dataset)
    else all.value[index] = dataset
  }
  const reread = (dataset: string) => void api.datasets.get({ dataset }).then(put, () => {})
  const remove = (id: string) => (all.value = all.value.filter(({ datasetId }) => datasetId !== id))
  /** Position of a class of the current dataset, which decides its colour; -1 when unknown. */
  const classPosition = (name: string): number => current.value?.classes.findIndex((one) => one.name === name) ?? -1
  /** Remembers the dataset shown last, so that the rail keeps it while Home or Settings is open. */
  const remember = (id: string) => (lastId.value = id)

  onEvent('datasets.changed', put)
  onEvent('datasets.deleted', ({ datasetId }) => remove(datasetId))
  onEvent('samples.changed', ({ datasetId, revision }) => (revisions.value[datasetId] = revision))
  // How many runs a dataset has is told beside its name.
  onEvent('runs.changed', ({ datasetId, status }) => status === 'queued' && reread(datasetId))
  onEvent('runs.deleted', () => void load().catch(() => {}))
  onReconnect(() => void load())

  return { all, isLoaded, revisions, current, currentId, load, put, remove, remember, classPosition }
})
