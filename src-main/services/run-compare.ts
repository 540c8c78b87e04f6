import type { Split } from '@shared/schemas/dataset'
import type { Comparison } from '@shared/schemas/run'
import type { Queries } from '../db/database'
import { toRun, type RunRow } from './run-queries'
import { confusionOfRun } from './run-results'

/** Runs side by side: what differs in their settings, and their confusion matrices over the union of classes. */
export async function compareRuns(db: Queries, rows: RunRow[], split: Split): Promise<Comparison> {
  const runs = rows.map(toRun)
  const classes = [...new Set(runs.flatMap((run) => run.classes))]
  const confusion: Comparison['confusion'] = {}
  for (const run of runs) {
    const own = await confusionOfRun(db, run.runId, run.classes.length, split)
    const place = classes.map((name) => run.classes.indexOf(name))
    confusion[run.runId] = place.map((truth) => place.map((predicted) => own[truth]?.[predicted] ?? 0))
  }
  return { runs, settingsDiff: settingsDiff(runs), classes, confusion }
}

/** Thresholds kept with a run are a setting of how it decides. */
const thresholdsOf = ({ thresholds }: Comparison['runs'][number]) =>
  thresholds && { thresholds: `${thresholds.constraint} by ${thresholds.sensitive}` }

function settingsDiff(runs: Comparison['runs']): Comparison['settingsDiff'] {
  const all = runs.map(
    (run) =>
      ({ dataset: run.datasetName, family: run.family, ...run.params, ...thresholdsOf(run) }) as Record<
        string,
        unknown
      >,
  )
  const keys = [...new Set(all.flatMap(Object.keys))]
  const differing = keys.filter((key) => new Set(all.map((settings) => JSON.stringify(settings[key] ?? null))).size > 1)
  return Object.fromEntries(differing.map((key) => [key, all.map((settings) => settings[key] ?? null)]))
}
