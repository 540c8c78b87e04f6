import { useColorMode } from '@vueuse/core'
import { computed, watch } from 'vue'
import { useWorkspace } from '../stores/workspace'

/** Follows the setting; `isDark` is what is on screen now. Call it once in App, read `useIsDark` elsewhere. */
export function useTheme() {
  const workspace = useWorkspace()
  const mode = useColorMode({ emitAuto: true, disableTransition: true })
  watch(
    () => workspace.settings?.theme,
    (theme) => {
      if (theme) mode.value = theme === 'system' ? 'auto' : theme
    },
    { immediate: true },
  )
  return mode
}

export function useIsDark() {
  const mode = useColorMode({ emitAuto: true, disableTransition: true })
  return computed(() => mode.state.value === 'dark')
}
