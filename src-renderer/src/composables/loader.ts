import { toErrorReply, type ErrorReply } from '@shared/errors'
import { ref, shallowRef, watch, type WatchSource } from 'vue'

/**
 * Reads something and reads it again when `sources` change: `data` keeps the last answer while the next one is under
 * way, late answers are dropped, and `error` is for an ErrorPanel.
 */
export function useLoader<T>(read: () => Promise<T>, sources: WatchSource[] = []) {
  const data = shallowRef<T | null>(null)
  const error = shallowRef<ErrorReply | null>(null)
  const isLoading = ref(false)
  let asked = 0
  async function reload(): Promise<void> {
    const mine = ++asked
    isLoading.value = true
    try {
      const answer = await read()
      if (mine !== asked) return
      data.value = answer
      error.value = null
    } catch (cause) {
      if (mine === asked) error.value = toErrorReply(cause)
    } finally {
      if (mine === asked) isLoading.value = false
    }
  }
  watch(sources, () => void reload(), { immediate: true })
  return { data, error, isLoading, reload }
}
