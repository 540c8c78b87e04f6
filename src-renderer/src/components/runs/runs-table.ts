import type { FamilyDescriptor } from '@shared/descriptor'
import type { Split } from '@shared/schemas/dataset'
import type { Run, RunStatus, SplitMetrics } from '@shared/schemas/run'
import type { Column } from '../data-table'
import { fieldOf, titleOfKey } from '../params-form'

export interface RunFilter {
  /** Null: runs of all datasets. */
  datasetId: string | null
  statuses: RunStatus[]
  tags: string[]
  /** Anywhere in name, note, family, tags, dataset. */
  text: string
}

export function filterRuns(runs: Run[], { datasetId, statuses, tags, text }: RunFilter): Run[] {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean)
  return runs.filter((run) => {
    if (datasetId !== null && run.datasetId !== datasetId) return false
    if (statuses.length > 0 && !statuses.includes(run.status)) return false
    if (!tags.every((tag) => run.tags.includes(tag))) return false
    const haystack = [run.name, run.note, run.family, run.datasetName, ...run.tags].join(' ').toLowerCase()
    return words.every((word) => haystack.includes(word))
  })
}

export const tagsOf = (runs: Run[]): string[] => [...new Set(runs.flatMap(({ tags }) => tags))].sort()

/** Settings that differ between runs of the same family: they are what one wants to see. */
export function variedSettings(runs: Run[], keys: string[]): string[] {
  const values = (key: string) => runs.filter(({ params }) => key in params).map(({ params }) => params[key] ?? null)
  return keys.filter((key) => new Set(values(key).map((value) => JSON.stringify(value))).size > 1)
}

/** All settings of these runs, those that differ first. */
export function settingKeys(runs: Run[]): string[] {
  const keys = [...new Set(runs.flatMap(({ params }) => Object.keys(params)))]
  const varied = variedSettings(runs, keys)
  return [...varied, ...keys.filter((key) => !varied.includes(key))]
}

const shares: { key: keyof SplitMetrics; title: string }[] = [
  { key: 'accuracy', title: 'Accuracy' },
  { key: 'f1', title: 'F1' },
  { key: 'precision', title: 'Precision' },
  { key: 'recall', title: 'Recall' },
  { key: 'rocAuc', title: 'ROC AUC' },
  { key: 'mae', title: 'Mean abs. error' },
  { key: 'rmse', title: 'RMSE' },
  { key: 'medianError', title: 'Median error' },
  { key: 'r2', title: 'R²' },
  { key: 'loss', title: 'Loss' },
]
/** Of these less is better: the first click on their heading puts the lowest first. */
const distances: ReadonlySet<string> = new Set(['mae', 'rmse', 'medianError', 'loss'])
const ofNumbers: ReadonlySet<string> = new Set(['mae', 'rmse', 'medianError', 'r2'])

export interface RunColumn extends Column<Run> {
  /** Heading in the column chooser. */
  group: 'Run' | 'Figures' | 'Settings'
  isDefault: boolean
}

export interface ColumnContext {
  split: Split
  families: FamilyDescriptor[]
  /** All rows are of one dataset, so its name need not be repeated. */
  isOneDataset: boolean
  /** There is room for more. */
  isWide: boolean
}

/** How many settings that differ are shown unasked; twice as many where there is room. */
const shownSettings = 2

/** Every column there is; a setting's key is prefixed, so that it never collides with a column of the run. */
export function runColumns(runs: Run[], { split, families, isOneDataset, isWide }: ColumnContext): RunColumn[] {
  const settings = settingKeys(runs).filter((key) => key !== 'epochs')
  const varied = new Set(variedSettings(runs, settings).slice(0, isWide ? 2 * shownSettings : shownSettings))
  const tasks = new Set(runs.map(({ task }) => task))
  const isShown = (key: string) => {
    if (key === 'loss') return isWide
    if (ofNumbers.has(key)) return tasks.has('regression') && (key === 'mae' || key === 'r2' || isWide)
    return (tasks.has('classification') || tasks.size === 0) && (key === 'accuracy' || (isWide && key === 'f1'))
  }
  const knobs = new Map(families.flatMap(({ params }) => Object.entries(params.properties)))
  const of = (group: RunColumn['group'], isDefault: boolean) => ({ group, isDefault })
  return [
    { key: 'name', title: 'Run', ...of('Run', true) },
    { key: 'datasetName', title: 'Dataset', ...of('Run', !isOneDataset) },
    { key: 'family', title: 'Family', ...of('Run', true) },
    { key: 'status', title: 'Status', ...of('Run', true) },
    ...shares.map(({ key, title }) => ({
      key: `metric:${key}`,
      title,
      align: 'right' as const,
      value: (run: Run) => run.metrics[split]?.[key] ?? null,
      help: `On the ${split} split${distances.has(key) ? '; lower is better' : ''}`,
      isLowerBetter: distances.has(key),
      ...of('Figures', isShown(key)),
    })),
    {
      key: 'constant',
      title: 'Always the median',
      align: 'right',
      value: (run: Run) => run.baseline.median?.mae ?? null,
      help: 'Mean absolute error of always answering the median of the training split',
      ...of('Figures', tasks.has('regression') && isWide),
    },
    {
      key: 'baseline',
      title: 'Largest class',
      align: 'right',
      value: (run: Run) => run.baseline.majorityAccuracy,
      help: 'Accuracy of always answering the largest class',
      ...of('Figures', false),
    },
    { key: 'epochs', title: 'Epochs', align: 'right', ...of('Run', true) },
    ...settings.map((key) => ({
      key: `param:${key}`,
      title: knobs.has(key) ? fieldOf(key, knobs.get(key)!).title : titleOfKey(key),
      value: (run: Run) => run.params[key] ?? null,
      align: runs.some(({ params }) => typeof params[key] === 'number') ? ('right' as const) : ('left' as const),
      ...of('Settings', varied.has(key)),
    })),
    { key: 'durationMs', title: 'Trained for', align: 'right', ...of('Run', true) },
    { key: 'samplesPerSecond', title: 'Speed', align: 'right', ...of('Run', false) },
    { key: 'parameterCount', title: 'Parameters', align: 'right', ...of('Run', isWide) },
    { key: 'sizeBytes', title: 'Size', align: 'right', ...of('Run', isWide) },
    { key: 'tags', title: 'Tags', value: (run: Run) => run.tags.join(', '), ...of('Run', false) },
    { key: 'createdAt', title: 'Date', align: 'right', ...of('Run', true) },
  ]
}
