import type { Run } from '@shared/schemas/run'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, onEvent } from '../api'
import { router } from '../router'
import { tourSteps, type TourFacts } from '../tour/tour-steps'
import { useDatasets } from './datasets'
import { useUi } from './ui'
import { useWorkspace } from './workspace'

const storageKey = 'pellucid.tourStep'

/** Where the guided tour is. It can be left at any time; the step is remembered on this machine. */
export const useTour = defineStore('tour', () => {
  const datasets = useDatasets()
  const workspace = useWorkspace()
  const ui = useUi()

  const remembered = Number(localStorage.getItem(storageKey) ?? -1)
  const index = ref(Number.isInteger(remembered) ? remembered : -1)
  const isOpen = ref(false)
  const isBusy = ref(false)
  const runs = ref<Record<string, Run>>({})
  const wasEdited = ref(false)

  const isStarted = computed(() => index.value > 0 && index.value < tourSteps.length)
  const step = computed(() => (isOpen.value ? (tourSteps[index.value] ?? null) : null))
  const facts = computed<TourFacts>(() => {
    const mine = Object.values(runs.value).filter(({ datasetId }) => datasetId === datasets.current?.datasetId)
    return {
      datasetCount: datasets.all.length,
      hasImages: datasets.all.some(({ modality }) => modality === 'image'),
      hasTable: datasets.all.some(({ modality }) => modality === 'table'),
      wasEdited: wasEdited.value,
      runCount: mine.length,
      finishedCount: mine.filter(({ status }) => status === 'finished').length,
      isTableOpen: datasets.current?.modality === 'table',
    }
  })
  const isDone = computed(() => step.value?.isDone?.(facts.value) ?? false)

  async function readRuns(): Promise<void> {
    const list = await api.runs.list({}).catch(() => [])
    runs.value = Object.fromEntries(list.map((run) => [run.runId, run]))
  }

  async function goTo(next: number): Promise<void> {
    index.value = next
    localStorage.setItem(storageKey, String(next))
    wasEdited.value = false
    const { route } = tourSteps[next]!
    const dataset = datasets.current?.datasetId ?? datasets.all[0]?.datasetId
    if (route === 'home' || !dataset) await router.push({ name: 'home' })
    else await router.push({ name: route, params: { dataset } })
  }
  async function start(): Promise<void> {
    isOpen.value = true
    void readRuns()
    await goTo(isStarted.value ? index.value : 0)
  }
  const leave = () => (isOpen.value = false)
  const back = () => goTo(Math.max(0, index.value - 1))

  async function next(): Promise<void> {
    if (index.value + 1 < tourSteps.length) return goTo(index.value + 1)
    isOpen.value = false
    index.value = -1
    localStorage.removeItem(storageKey)
    if (!workspace.info?.isReadOnly)
      await workspace.updateSettings({ isTourDone: true }).catch((error) => ui.showError(error))
    ui.toast({ tone: 'success', title: 'That was the whole way, from data to audit.' })
  }

  /** Opens the sample that the step needs (the one imported before, when there is one). */
  async function openSample(id: string): Promise<void> {
    isBusy.value = true
    try {
      const isTable = id === 'german-credit'
      const existing = datasets.all.find(({ modality }) => (modality === 'table') === isTable)
      const dataset = existing ?? (await api.datasets.importSample({ id }))
      datasets.put(dataset)
      const name = step.value?.route === 'home' ? 'data' : (step.value?.route ?? 'data')
      await router.push({ name, params: { dataset: dataset.datasetId } })
      if (step.value?.id === 'import') await next()
    } catch (error) {
      ui.showError(error, 'The sample could not be opened')
    } finally {
      isBusy.value = false
    }
  }

  onEvent('samples.changed', () => (wasEdited.value = true))
  onEvent('runs.changed', (run) => (runs.value[run.runId] = run))
  onEvent('runs.deleted', ({ runId }) => delete runs.value[runId])

  return { index, isOpen, isBusy, isStarted, step, facts, isDone, start, leave, back, next, openSample }
})
