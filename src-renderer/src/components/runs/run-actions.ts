import { ref } from 'vue'
import type { Run } from '@shared/schemas/run'
import { useBusy } from '../../composables/busy'
import { formatBytes, formatCounted } from '../../format'
import { useUi } from '../../stores/ui'
import { useRuns } from '../../stores/runs'

/** Stop, resume and delete with their questions and messages; `exporting` is the run whose export dialog is open. */
export function useRunActions() {
  const runs = useRuns()
  const ui = useUi()
  const { isBusy, run: runBusy } = useBusy()
  const exporting = ref<Run | null>(null)

  const stop = (run: Run) => runBusy(() => runs.stop(run.runId), 'The run could not be stopped')
  const resume = (run: Run) => runBusy(() => runs.resume(run.runId), 'The run could not be resumed')

  /** Asks, then deletes one after the other; true when all are gone. */
  async function remove(doomed: Run[]): Promise<boolean> {
    const bytes = doomed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const what = doomed.length === 1 ? `"${doomed[0]!.name}"` : formatCounted(doomed.length, 'run')
    const isSure = await ui.confirm({
      title: `Delete ${what}?`,
      text: `Weights, curves and predictions go for good and ${formatBytes(bytes)} of disk space come back. Samples and labels stay.`,
      confirm: doomed.length === 1 ? 'Delete run' : 'Delete runs',
      isDangerous: true,
    })
    if (!isSure) return false
    const freed = await runBusy(async () => {
      let sum = 0
      for (const run of doomed) sum += await runs.remove(run.runId)
      return sum
    }, 'Not every run could be deleted')
    if (freed === null) return false
    ui.toast({ tone: 'success', title: `Deleted ${what}`, text: `${formatBytes(freed)} are free again.` })
    return true
  }

  return { isBusy, exporting, stop, resume, remove }
}
