import { fairnessMetrics } from '../../ml/audit/metrics'
import { mitigate } from '../../ml/audit/mitigate'
import type { JobHandler } from '../protocol'

/** Two audits and a frontier, outside main. */
export default ((input, { signal, report }) =>
  mitigate(input, [...fairnessMetrics.values()], {
    signal,
    progress: (done, total) => report({ done, total }),
  })) satisfies JobHandler<'mitigate'>
