import type { Sample } from '@shared/schemas/dataset'
import { toErrorReply, type ErrorReply } from '@shared/errors'
import { computed, ref, shallowReactive, shallowRef, watch, type Ref } from 'vue'
import { api } from '../api'
import { useDatasets } from '../stores/datasets'
import { matchesLabels, toSampleFilter, type LabelFilter } from './label-filter'

const pageSize = 250
/** Pages held at most, about 10 000 samples; the oldest go first. */
const keptPages = 40

/**
 * The samples behind a gallery or grid. `ids` is fixed when the filter is set, so that nothing jumps away under the
 * user's hands when an edit makes a sample leave the filter; `left` counts those, and `refresh` draws the list anew.
 * The samples themselves are read by pages when they come near the screen.
 */
export function useSamples(dataset: Ref<string>, filter: Ref<LabelFilter>) {
  const datasets = useDatasets()
  const ids = shallowRef<number[]>([])
  const samples = shallowReactive(new Map<number, Sample>())
  const error = shallowRef<ErrorReply | null>(null)
  const isLoading = ref(true)
  const pages = new Map<number, 'asked' | 'there'>()
  const recent: number[] = []
  let generation = 0
  let visible = { first: 0, last: 0 }

  async function refresh(): Promise<void> {
    const mine = ++generation
    isLoading.value = true
    try {
      const answer = await api.datasets.sampleIds({ dataset: dataset.value, filter: toSampleFilter(filter.value) })
      if (mine !== generation) return
      pages.clear()
      recent.length = 0
      ids.value = answer.ids
      error.value = null
      need(0, Math.min(pageSize, answer.ids.length) - 1)
    } catch (cause) {
      if (mine === generation) error.value = toErrorReply(cause)
    } finally {
      if (mine === generation) isLoading.value = false
    }
  }

  async function readPage(page: number): Promise<void> {
    const mine = generation
    const chunk = ids.value.slice(page * pageSize, (page + 1) * pageSize)
    if (chunk.length === 0) return
    pages.set(page, 'asked')
    recent.push(page)
    try {
      const input = { dataset: dataset.value, filter: { ids: chunk }, limit: chunk.length }
      const answer = await api.datasets.samples(input)
      if (mine !== generation) return
      for (const sample of answer.samples) samples.set(sample.sampleId, sample)
      pages.set(page, 'there')
      forgetOldPages()
    } catch (cause) {
      pages.delete(page)
      if (mine === generation) error.value = toErrorReply(cause)
    }
  }

  function forgetOldPages(): void {
    while (recent.length > keptPages) {
      const page = recent.shift()!
      if (recent.includes(page)) continue
      pages.delete(page)
      for (const id of ids.value.slice(page * pageSize, (page + 1) * pageSize)) samples.delete(id)
    }
  }

  /** Asks for the samples at these positions and for a page on either side, unless they are there already. */
  function need(first: number, last: number): void {
    visible = { first, last }
    const from = Math.max(0, Math.floor(first / pageSize) - 1)
    const to = Math.min(Math.ceil(ids.value.length / pageSize) - 1, Math.floor(last / pageSize) + 1)
    for (let page = from; page <= to; page++) if (!pages.has(page)) void readPage(page)
  }

  /** Shows an edit before the answer is there. Returns what takes it back. */
  function patch(touched: readonly number[], change: Partial<Sample>): () => void {
    const before: Sample[] = []
    for (const id of touched) {
      const sample = samples.get(id)
      if (!sample) continue
      before.push(sample)
      samples.set(id, { ...sample, ...change })
    }
    return () => before.forEach((sample) => samples.set(sample.sampleId, sample))
  }

  /** Reads again what is on screen; other pages are read again when they come near it. */
  function reread(): void {
    pages.clear()
    recent.length = 0
    need(visible.first, visible.last)
  }

  watch([dataset, filter], () => void refresh(), { immediate: true, deep: true })
  watch(() => datasets.revisions[dataset.value], reread)

  const left = computed(() => {
    // Without a filter by label nothing can leave it, and reading every sample here would watch every one.
    if (filter.value.class === 'all' && filter.value.split === 'all') return 0
    let count = 0
    for (const id of ids.value) {
      const sample = samples.get(id)
      if (sample && !matchesLabels(filter.value, sample)) count++
    }
    return count
  })

  return { ids, samples, error, isLoading, left, need, patch, refresh }
}
