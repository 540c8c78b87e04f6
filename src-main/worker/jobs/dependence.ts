import { tableFacts } from '../../ml/counterfactual/table-facts'
import { dependenceOf } from '../../ml/dependence/follow'
import { openTrained } from '../../ml/predict'
import type { JobHandler } from '../protocol'

const dependence: JobHandler<'dependence'> = async ({ runDir, ...request }, { signal, report, log }) => {
  const startedAt = Date.now()
  const { trained, predictor } = await openTrained(runDir, log)
  const facts = await tableFacts(runDir)
  const progress = (done: number, total: number) => report({ done, total })
  const found = await dependenceOf(trained, predictor, facts, request, { signal, progress })
  return { ...found, seconds: (Date.now() - startedAt) / 1000 }
}

export default dependence
