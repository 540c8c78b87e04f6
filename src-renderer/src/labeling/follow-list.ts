import type { useVirtualizer } from '@tanstack/vue-virtual'
import { computed, nextTick, watch, type Ref } from 'vue'

interface FollowedList {
  scroller: Ref<HTMLElement | null>
  virtualizer: ReturnType<typeof useVirtualizer<HTMLElement, Element>>
  ids: () => number[]
  /** Index of the sample that has the keyboard; -1 for none. */
  focus: () => number
  /** How many samples stand in a row. */
  perRow?: () => number
  /** Called with the first and the last index in sight. */
  need(first: number, last: number): void
}

/**
 * What every virtual list of samples does: it asks for the samples in sight, keeps the one with the keyboard in sight, and
 * begins at the top when others are shown. Returns the rows that exist now.
 */
export function useFollowedList({ scroller, virtualizer, ids, focus, perRow = () => 1, need }: FollowedList) {
  const rows = computed(() => virtualizer.value.getVirtualItems())
  watch(
    [rows, perRow, ids],
    () => {
      const first = rows.value[0]
      const last = rows.value.at(-1)
      if (first && last) need(first.index * perRow(), (last.index + 1) * perRow() - 1)
    },
    { immediate: true },
  )
  watch(focus, async (index) => {
    if (index < 0) return
    await nextTick()
    virtualizer.value.scrollToIndex(Math.floor(index / perRow()), { align: 'auto' })
  })
  watch(ids, () => scroller.value?.scrollTo({ top: 0 }))
  return rows
}
