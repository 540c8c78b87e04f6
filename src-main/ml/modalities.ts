import type { Modality } from './modalities/define'

const modules = import.meta.glob<{ default: Modality }>(['./modalities/*.ts', '!./modalities/define.ts'], {
  eager: true,
})

/** Every kind of data, found by its folder. */
export const modalities: readonly Modality[] = Object.values(modules)
  .map((module) => module.default)
  .sort((a, b) => a.id.localeCompare(b.id))
