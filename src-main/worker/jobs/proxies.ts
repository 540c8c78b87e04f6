import { findProxies } from '../../ml/audit/proxies'
import type { JobHandler } from '../protocol'

/** Fits many small regressions outside main, which must not freeze. */
export default ((input, { signal, report }) =>
  findProxies(input, {
    signal,
    progress: (done, total) => report({ done, total }),
  })) satisfies JobHandler<'proxies'>
