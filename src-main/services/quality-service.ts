import type { Service } from '@shared/contract'
import { throwIfAborted } from '@shared/errors'
import type { Finding, QualityReport, QualitySpec } from '@shared/schemas/quality'
import { modalityFacts } from '@shared/modalities'
import type { ServiceContext } from './context'
import { resolveDataset } from './dataset-queries'
import { readChecked } from './quality/checked'
import type { Checked, Finder } from './quality/define'
import { blankPictures } from './quality/blank-pictures'
import { blurredPictures } from './quality/blurred-pictures'
import { classImbalance } from './quality/class-imbalance'
import { exactDuplicates } from './quality/exact-duplicates'
import { labelErrors } from './quality/label-errors'
import { leaks } from './quality/leaks'
import { nearDuplicates } from './quality/near-duplicates'

/** Most urgent first. */
const finders: readonly Finder[] = [
  labelErrors,
  leaks,
  exactDuplicates,
  nearDuplicates,
  blankPictures,
  blurredPictures,
  classImbalance,
]
const mostListed = 1000

/** Looks for what is wrong with a dataset; changes nothing. */
export class QualityService implements Service<'quality'> {
  constructor(private readonly context: Pick<ServiceContext, 'db' | 'jobs' | 'tasks'>) {}

  async check({ dataset, runs, taskId }: QualitySpec, signal: AbortSignal): Promise<QualityReport> {
    const row = await resolveDataset(this.context.db, dataset)
    const unit = modalityFacts[row.modality].many
    const task = { taskId, title: `Checking the quality of ${row.name}`, unit }
    return this.context.tasks.run(task, signal, async (inner, progress) => {
      const { checked, notes } = await readChecked(this.context, row, runs, inner, progress)
      throwIfAborted(inner)
      const findings = finders.flatMap((finder) => findingOf(finder, checked))
      return { findings, notes, sampleCount: checked.samples.length }
    })
  }
}

function findingOf(finder: Finder, checked: Checked): Finding[] {
  const found = finder.find(checked)
  if (found.length === 0) return []
  const suspicions = found
    .slice(0, mostListed)
    .map(({ at, why }) => ({ sampleIds: at.map((place) => checked.samples[place]!.id), why }))
  return [{ kind: finder.kind, text: finder.text(found.length, checked), total: found.length, suspicions }]
}
