import { makePlan } from '../../ml/plan'
import type { JobHandler } from '../protocol'

export default (async ({ family, params, preset, snapshot }) =>
  makePlan(family, params, preset, snapshot)) satisfies JobHandler<'plan'>
