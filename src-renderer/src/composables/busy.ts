import { ref } from 'vue'
import { useUi } from '../stores/ui'

/** Runs one action at a time, with `isBusy` while it runs and a toast when it fails; null when it failed. */
export function useBusy() {
  const ui = useUi()
  const isBusy = ref(false)
  async function run<T>(work: () => Promise<T>, failedTitle?: string): Promise<T | null> {
    if (isBusy.value) return null
    isBusy.value = true
    try {
      return await work()
    } catch (error) {
      ui.showError(error, failedTitle)
      return null
    } finally {
      isBusy.value = false
    }
  }
  return { isBusy, run }
}
