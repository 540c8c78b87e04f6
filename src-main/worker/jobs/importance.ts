import { WorkbenchError } from '@shared/errors'
import type { Split } from '@shared/schemas/dataset'
import type { Params } from '@shared/schemas/run'
import { methodNamed, requireFit } from '../../ml/explain'
import { parseParams } from '../../ml/params'
import { attributions } from '../../ml/registry'
import type { PredictInput } from '../../ml/snapshot'
import { namedValues, readSnapshot } from '../../ml/snapshot-file'
import { loadTrained } from '../../ml/trained'
import type { JobHandler } from '../protocol'

/** A statement about a whole split of the data that the run was pinned to. */
const importance: JobHandler<'importance'> = async (request, { signal, report }) => {
  const { runId, runDir, split } = request
  const startedAt = Date.now()
  const method = methodNamed(attributions, request.method, 'dataset')
  const trained = await loadTrained(runDir)
  requireFit(method, trained)
  const params = parseParams(method.params, request.params, method.title) as Params
  const { samples, targets } = await labelledSamples(runDir, split)
  const inputs = await trained.encode(samples, signal)
  try {
    const result = await method.attribute({
      probabilities: trained.probabilities,
      inputs,
      targets,
      fields: trained.fields!,
      params,
      signal,
      progress: (done, total) => report({ done, total }),
    })
    const seconds = (Date.now() - startedAt) / 1000
    return { runId, method: method.id, params, split: split as Split, sampleCount: samples.length, ...result, seconds }
  } finally {
    inputs.dispose()
  }
}

async function labelledSamples(runDir: string, split: string): Promise<{ samples: PredictInput[]; targets: number[] }> {
  const snapshot = await readSnapshot(runDir)
  const chosen = snapshot.samples.flatMap(({ split: own, target }, at) =>
    own === split && target !== null ? [{ at, target }] : [],
  )
  if (chosen.length === 0)
    throw new WorkbenchError('conflict', `The ${split} split of this run has no labelled sample. Choose another split.`)
  return {
    samples: chosen.map(({ at }) => ({ values: namedValues(snapshot, at)! })),
    targets: chosen.map(({ target }) => target),
  }
}

export default importance
