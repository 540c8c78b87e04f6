import { timeSteps } from '../../ml/time-steps'
import type { JobHandler } from '../protocol'

export default (async (input) => timeSteps(input)) satisfies JobHandler<'time-steps'>
