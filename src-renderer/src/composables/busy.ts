import { toErrorReply, type ErrorReply } from '@shared/errors'
import { ref, shallowRef } from 'vue'
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

/** The same for a dialog: what failed stays in `error`, to be shown inside it. */
export function useAttempt() {
  const isBusy = ref(false)
  const error = shallowRef<ErrorReply | null>(null)
  async function attempt(work: () => Promise<void>): Promise<void> {
    isBusy.value = true
    error.value = null
    try {
      await work()
    } catch (cause) {
      error.value = toErrorReply(cause)
    } finally {
      isBusy.value = false
    }
  }
  return { isBusy, error, attempt }
}
