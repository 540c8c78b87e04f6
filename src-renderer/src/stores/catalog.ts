import type { Catalog } from '@shared/descriptor'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from '../api'

/** The plug-ins as they describe themselves; read once. */
export const useCatalog = defineStore('catalog', () => {
  const catalog = ref<Catalog | null>(null)
  const families = computed(() => catalog.value?.families ?? [])
  const attributions = computed(() => catalog.value?.attributions ?? [])
  const fairnessMetrics = computed(() => catalog.value?.fairnessMetrics ?? [])
  const sampleDatasets = computed(() => catalog.value?.sampleDatasets ?? [])
  const family = (id: string) => families.value.find((one) => one.id === id)
  const load = async (): Promise<void> => void (catalog.value ??= await api.catalog.get({}))
  return { catalog, families, attributions, fairnessMetrics, sampleDatasets, family, load }
})
