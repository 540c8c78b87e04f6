import { describePlugins } from '../../ml/catalog'
import { engineStatus } from '../../ml/tf'
import type { JobHandler } from '../protocol'

export default (async () => ({ ...describePlugins(), engine: engineStatus() })) satisfies JobHandler<'describe'>
