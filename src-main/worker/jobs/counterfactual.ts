import { WorkbenchError } from '@shared/errors'
import { counterfactualsOf } from '../../ml/counterfactual/explain-row'
import { tableFacts } from '../../ml/counterfactual/table-facts'
import { openTrained } from '../../ml/predict'
import type { JobHandler } from '../protocol'

const counterfactual: JobHandler<'counterfactual'> = async ({ runDir, ...request }, { signal, report, log }) => {
  const { trained, predictor } = await openTrained(runDir, log)
  if (!trained.fields)
    throw new WorkbenchError(
      'incompatible',
      'Only the fields of a table can be changed one by one; this run reads no table.',
    )
  const facts = await tableFacts(runDir)
  const startedAt = Date.now()
  const progress = (asked: number) => report({ done: asked, total: null })
  const found = await counterfactualsOf(trained, predictor, facts, request, { signal, progress })
  return { ...found, seconds: (Date.now() - startedAt) / 1000 }
}

export default counterfactual
