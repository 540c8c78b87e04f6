import { runChecks } from '../../ml/attribution/checks/run-checks'
import { methodNamed } from '../../ml/explain'
import { parseParams } from '../../ml/params'
import { attributions, mapChecks } from '../../ml/registry'
import { loadTrained } from '../../ml/trained'
import type { Params } from '@shared/schemas/run'
import type { JobHandler } from '../protocol'

export default (async ({ explanation, runDir, sample }, { signal, report }) => {
  const startedAt = Date.now()
  const { runId, sampleId, target } = explanation
  const method = methodNamed(attributions, explanation.method, 'sample')
  const params = parseParams(method.params, explanation.params, method.title) as Params
  const trained = await loadTrained(runDir)
  const encoded = await trained.encode([sample], signal)
  try {
    const found = await runChecks(trained, mapChecks.values(), {
      method,
      params,
      encoded,
      target: trained.meta.classes.indexOf(target),
      map: explanation.attribution,
      signal,
      progress: (done, total) => report({ done, total }),
    })
    return { runId, sampleId, method: method.id, target, ...found, seconds: (Date.now() - startedAt) / 1000 }
  } finally {
    encoded.dispose()
  }
}) satisfies JobHandler<'check-map'>
