import { toErrorReply, type ErrorReply } from '@shared/errors'
import type { Sample, Split } from '@shared/schemas/dataset'
import type { Run, StoredPrediction } from '@shared/schemas/run'
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { api } from '../../api'
import { formatCounted } from '../../format'
import { useDatasets } from '../../stores/datasets'
import { useUi } from '../../stores/ui'

export interface OpenCell {
  run: Run
  split: Split
  truth: string
  predicted: string
}

const shownLimit = 500

/** The samples behind one cell of a confusion matrix, with the label each has by now, and the way to fix one. */
export function useCellSamples(cell: Ref<OpenCell | null>) {
  const datasets = useDatasets()
  const ui = useUi()
  const predictions = shallowRef<StoredPrediction[]>([])
  const samples = shallowRef(new Map<number, Sample>())
  const total = ref(0)
  const error = shallowRef<ErrorReply | null>(null)
  const isLoading = ref(false)
  const datasetId = computed(() => cell.value?.run.datasetId ?? '')
  let asked = 0

  async function readSamples(): Promise<void> {
    const ids = predictions.value.map(({ sampleId }) => sampleId)
    if (ids.length === 0) return
    const answer = await api.datasets.samples({ dataset: datasetId.value, filter: { ids }, limit: shownLimit })
    samples.value = new Map(answer.samples.map((sample) => [sample.sampleId, sample]))
  }
  async function load(): Promise<void> {
    const mine = ++asked
    const open = cell.value
    predictions.value = []
    total.value = 0
    error.value = null
    if (!open) return
    isLoading.value = true
    try {
      const { split, truth, predicted } = open
      const answer = await api.runs.cell({ run: open.run.runId, split, truth, predicted, limit: shownLimit })
      if (mine !== asked) return
      predictions.value = answer.predictions
      total.value = answer.total
      await readSamples()
    } catch (cause) {
      if (mine === asked) error.value = toErrorReply(cause)
    } finally {
      if (mine === asked) isLoading.value = false
    }
  }
  watch(cell, load, { immediate: true })
  watch(
    () => datasets.revisions[datasetId.value],
    () => readSamples().catch((cause) => ui.showError(cause, 'The labels could not be read again')),
  )

  /** What was just done, in words; `canUndo` while taking it back is one key away. */
  const said = ref<{ text: string; canUndo: boolean } | null>(null)
  watch(cell, () => (said.value = null))

  async function label(ids: number[], name: string): Promise<void> {
    try {
      await api.annotations.label({ dataset: datasetId.value, selection: { ids }, class: name })
      await readSamples()
      said.value = { text: `Labelled ${formatCounted(ids.length, 'sample')} “${name}”.`, canUndo: true }
    } catch (cause) {
      ui.showError(cause, 'The label was not changed')
    }
  }
  async function undo(): Promise<void> {
    try {
      const { title } = await api.annotations.undo({ dataset: datasetId.value })
      await readSamples()
      said.value = { text: `Undone: ${title}`, canUndo: false }
    } catch (cause) {
      ui.showError(cause, 'Nothing was undone')
    }
  }
  return { predictions, samples, total, error, isLoading, said, load, label, undo }
}
