import { exportModel } from '../../ml/export'
import type { JobHandler } from '../protocol'

export default (async ({ runDir, format, out }) => ({
  files: await exportModel(runDir, format, out),
})) satisfies JobHandler<'export'>
