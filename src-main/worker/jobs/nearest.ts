import { argMax } from '@shared/metrics/classification'
import { probabilityRows } from '../../ml/evaluate'
import { nearestRows } from '../../ml/nearest/neighbours'
import { representationOf } from '../../ml/nearest/representation'
import { representSamples, trainingSet } from '../../ml/nearest/training-set'
import { loadTrained } from '../../ml/trained'
import type { JobHandler } from '../protocol'

const nearest: JobHandler<'nearest'> = async ({ runDir, cacheDir, sampleId, sample, count }, { signal, report }) => {
  const startedAt = Date.now()
  const trained = await loadTrained(runDir)
  const { classes } = trained.meta
  const progress = (done: number, total: number) => report({ done, total })
  const set = await trainingSet(trained, runDir, cacheDir, { signal, progress })
  const point = await representSamples(trained, [sample], signal)
  const encoded = await trained.encode([sample], signal)
  const [row] = probabilityRows(() => trained.logits(encoded))
  encoded.dispose()
  const predicted = argMax(row!)
  const found = nearestRows(set.values, point, count, (at) => set.ids[at] === sampleId)
  const { layer, width } = representationOf(trained.model)
  return {
    predicted: classes[predicted]!,
    layer,
    width,
    neighbours: found.map(({ row: at, distance }) => ({
      sampleId: set.ids[at]!,
      distance,
      label: classes[set.targets[at]!]!,
      agrees: set.targets[at] === predicted,
    })),
    compared: set.ids.length,
    trained: set.trained,
    usual: set.usual,
    isFar: (found[0]?.distance ?? 0) > set.usual.most,
    seconds: (Date.now() - startedAt) / 1000,
  }
}

export default nearest
