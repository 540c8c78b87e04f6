import { audit } from '../../ml/audit/audit'
import { fairnessMetrics } from '../../ml/audit/metrics'
import type { JobHandler } from '../protocol'

/** Bootstrap rounds are counted outside main, which must not freeze. */
export default ((input, { signal, report }) =>
  audit(input, fairnessMetrics.values(), {
    signal,
    progress: (done, total) => report({ done, total }),
  })) satisfies JobHandler<'audit'>
