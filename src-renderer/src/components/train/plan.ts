import { toErrorReply } from '@shared/errors'
import type { Estimate, Plan, RunSpec } from '@shared/schemas/run'
import { useDebounceFn } from '@vueuse/core'
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api } from '../../api'

const settleMs = 200

/**
 * The plan of what is set up now, asked again a moment after the last change. `plan` keeps the last answer while the next
 * is under way; `isCurrent` is false until it fits the form again. A refusal becomes a problem like any other.
 */
export function usePlan(spec: Ref<RunSpec | null>, revision: Ref<unknown>) {
  const plan = shallowRef<Plan | null>(null)
  const problems = shallowRef<Plan['problems']>([])
  const isCurrent = ref(false)
  let asked = 0
  async function ask(): Promise<void> {
    if (!spec.value) return
    const mine = ++asked
    try {
      const answer = await api.runs.plan(spec.value)
      if (mine !== asked) return
      plan.value = answer
      problems.value = answer.problems
    } catch (cause) {
      if (mine !== asked) return
      problems.value = [{ param: null, message: toErrorReply(cause).message }]
    }
    isCurrent.value = true
  }
  const askSoon = useDebounceFn(ask, settleMs)
  watch(
    [() => JSON.stringify(spec.value), revision],
    ([now], [before]) => {
      isCurrent.value = false
      asked++
      void (before === undefined || now === before ? ask() : askSoon())
    },
    { immediate: true },
  )
  onScopeDispose(() => asked++)
  return { plan, problems, isCurrent, ask }
}

/** What the estimated time rests on. */
export const estimateHelp = ({ isMeasured }: Estimate): string =>
  isMeasured
    ? 'Time by the speed of earlier runs of this family on this machine; early stopping may end it sooner.'
    : 'Time of an ordinary processor; it gets closer after the first run. Early stopping may end it sooner.'
