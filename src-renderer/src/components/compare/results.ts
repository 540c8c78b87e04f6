import { toErrorReply, type ErrorReply } from '@shared/errors'
import type { Split } from '@shared/schemas/dataset'
import type { Run, RunResults } from '@shared/schemas/run'
import { ref, shallowRef, watch, type Ref } from 'vue'
import { api } from '../../api'

export interface ResultOf {
  run: Run
  results: RunResults | null
  error: ErrorReply | null
}

/** Results of each run on a split; one that has none keeps its reason, the others are shown. */
export function useResults(runs: Ref<Run[]>, split: Ref<Split>) {
  const all = shallowRef<ResultOf[]>([])
  const isLoading = ref(false)
  let asked = 0
  async function load(): Promise<void> {
    const mine = ++asked
    isLoading.value = true
    const read = runs.value.map(async (run): Promise<ResultOf> => {
      try {
        return { run, results: await api.runs.results({ run: run.runId, split: split.value }), error: null }
      } catch (cause) {
        return { run, results: null, error: toErrorReply(cause) }
      }
    })
    const answers = await Promise.all(read)
    if (mine !== asked) return
    all.value = answers
    isLoading.value = false
  }
  // A run has new results when it ends; its name and tags change nothing here.
  watch(() => JSON.stringify([split.value, runs.value.map(({ runId, status }) => [runId, status])]), load, {
    immediate: true,
  })
  return { all, isLoading, load }
}
