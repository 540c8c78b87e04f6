import type { Family } from './families/define'
import type { AttributionMethod } from './attribution/define'
import type { FairnessMetric } from './fairness/define'

/** Finds every plug-in by its folder: a new file is a new capability, with no list to keep. */
function collect<P extends { id: string }>(modules: Record<string, { default?: P }>): Map<string, P> {
  const plugins = Object.values(modules).flatMap((module) => (module.default ? [module.default] : []))
  return new Map(plugins.sort((a, b) => a.id.localeCompare(b.id)).map((plugin) => [plugin.id, plugin]))
}

export const families = collect<Family>(
  import.meta.glob<{ default: Family }>(['./families/*.ts', '!./families/define.ts'], { eager: true }),
)
export const attributions = collect<AttributionMethod>(
  import.meta.glob<{ default: AttributionMethod }>(['./attribution/*.ts', '!./attribution/define.ts'], { eager: true }),
)
export const fairnessMetrics = collect<FairnessMetric>(
  import.meta.glob<{ default: FairnessMetric }>(['./fairness/*.ts', '!./fairness/define.ts'], { eager: true }),
)
