import type { MapCheck } from './attribution/checks/define'
import type { AttributionMethod } from './attribution/define'
import type { Family } from './families/define'
import { collect } from './plugins'

export { fairnessMetrics } from './audit/metrics'

export const families = collect<Family>(
  import.meta.glob<{ default: Family }>(['./families/*.ts', '!./families/define.ts'], { eager: true }),
)
export const attributions = collect<AttributionMethod>(
  import.meta.glob<{ default: AttributionMethod }>(['./attribution/*.ts', '!./attribution/define.ts'], { eager: true }),
)
/** What every map is put to; a new file in the folder is a new check. */
export const mapChecks = collect<MapCheck>(
  import.meta.glob<{ default?: MapCheck }>('./attribution/checks/*.ts', { eager: true }),
)
