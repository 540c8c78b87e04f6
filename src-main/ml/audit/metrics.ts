import type { FairnessMetric } from '../fairness/define'
import { collect } from '../plugins'

/** Every fairness metric, apart from the other plug-ins: an audit needs no TensorFlow. */
export const fairnessMetrics = collect<FairnessMetric>(
  import.meta.glob<{ default: FairnessMetric }>(['../fairness/*.ts', '!../fairness/define.ts'], { eager: true }),
)
