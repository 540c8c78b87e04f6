import { explainSample, methodNamed } from '../../ml/explain'
import { attributions } from '../../ml/registry'
import { loadTrained } from '../../ml/trained'
import type { JobHandler } from '../protocol'

export default (async ({ runId, runDir, sampleId, sample, method, params, targetClass }, { signal, report }) => {
  const chosen = methodNamed(attributions, method, 'sample')
  const trained = await loadTrained(runDir)
  const progress = (done: number, total: number) => report({ done, total })
  const explanation = await explainSample(trained, chosen, { sample, params, targetClass }, { signal, progress })
  return { runId, sampleId, ...explanation }
}) satisfies JobHandler<'explain'>
