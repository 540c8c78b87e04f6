import { toErrorReply, type ErrorReply } from '@shared/errors'
import { onBeforeUnmount, ref, shallowRef, watch } from 'vue'
import { useTasks } from '../../stores/tasks'

/**
 * What a task gives, asked for again whenever `key` changes; an answer that came too late is dropped, and its task
 * cancelled. A key of null asks nothing. Cancelling by hand shows as an error of code `cancelled`.
 */
export function useTaskResult<T>(key: () => string | null, ask: (taskId: string) => Promise<T>) {
  const tasks = useTasks()
  const result = shallowRef<T | null>(null)
  const error = shallowRef<ErrorReply | null>(null)
  const taskId = ref<string | null>(null)
  let asked = 0

  function drop(): void {
    asked++
    if (taskId.value) void tasks.cancel(taskId.value)
    taskId.value = null
  }

  async function load(): Promise<void> {
    drop()
    const mine = asked
    const id = tasks.newId()
    taskId.value = id
    try {
      const found = await ask(id)
      if (mine !== asked) return
      result.value = found
      error.value = null
    } catch (cause) {
      if (mine !== asked) return
      result.value = null
      error.value = toErrorReply(cause)
    } finally {
      if (mine === asked) taskId.value = null
    }
  }

  watch(key, (now) => (now === null ? drop() : void load()), { immediate: true })
  onBeforeUnmount(drop)
  return { result, error, taskId, load }
}
