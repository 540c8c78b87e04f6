import type { EditLog, Sample, Split } from '@shared/schemas/dataset'
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { api } from '../api'
import { formatCounted } from '../format'
import { useDatasets } from '../stores/datasets'
import { useUi } from '../stores/ui'
import type { useSamples } from './use-samples'

type Samples = ReturnType<typeof useSamples>

/** Edits of labels and splits: shown at once, saved at once, undone and redone through the log on disk. */
export function useLabeling(dataset: Ref<string>, samples: Samples) {
  const ui = useUi()
  const datasets = useDatasets()
  const log = shallowRef<EditLog>({ undo: null, redo: null, entries: [] })
  const underway = ref(0)
  const isUnsaved = ref(false)
  const saveState = computed(() => (underway.value > 0 ? 'saving' : isUnsaved.value ? 'failed' : 'saved'))
  // Edits go out one after the other, so that undo takes back what was done last.
  let queue: Promise<unknown> = Promise.resolve()

  const readLog = async () => {
    log.value = await api.annotations.log({ dataset: dataset.value, limit: 30 }).catch(() => log.value)
  }
  watch([dataset, () => datasets.revisions[dataset.value]], readLog, { immediate: true })

  function send<T>(work: () => Promise<T>, failedTitle: string, takeBack?: () => void): Promise<T | null> {
    underway.value++
    const result = queue.then(work).then(
      (value) => {
        isUnsaved.value = false
        return value
      },
      (error: unknown) => {
        isUnsaved.value = true
        takeBack?.()
        ui.showError(error, failedTitle)
        return null
      },
    )
    queue = result.finally(() => underway.value--)
    return result
  }

  function edit(ids: number[], change: Partial<Sample>, call: () => Promise<unknown>): Promise<unknown> {
    if (ids.length === 0) return Promise.resolve(null)
    return send(call, 'The edit was not saved', samples.patch(ids, change))
  }

  /** `name` null takes the label away. */
  function label(ids: number[], name: string | null): Promise<unknown> {
    const found = datasets.current?.classes.find((one) => one.name === name)
    const target = datasets.current?.target
    const change = { classId: found?.id ?? null, className: name }
    if (target) {
      // A table shows the target among its values too; the answer brings the exact one.
      for (const id of ids) {
        const values = samples.samples.get(id)?.values
        if (values) values[target] = name
      }
    }
    return edit(ids, change, () => api.annotations.label({ dataset: dataset.value, selection: { ids }, class: name }))
  }

  const assignSplit = (ids: number[], split: Split | null) =>
    edit(ids, { split }, () => api.annotations.assignSplit({ dataset: dataset.value, selection: { ids }, split }))

  async function step(verb: 'undo' | 'redo'): Promise<void> {
    await queue
    // The news of the edit just made may still be on its way; the log on disk knows it.
    await readLog()
    if (!log.value[verb]) return ui.toast({ tone: 'info', title: `Nothing to ${verb}` }, 1500)
    const done = await send(() => api.annotations[verb]({ dataset: dataset.value }), `Could not ${verb}`)
    if (!done) return
    const title = verb === 'undo' ? 'Undone' : 'Redone'
    ui.toast({ tone: 'info', title, text: `${done.title} (${formatCounted(done.changed, 'sample')})` }, 2500)
    await readLog()
  }

  return { log, saveState, label, assignSplit, undo: () => step('undo'), redo: () => step('redo') }
}
