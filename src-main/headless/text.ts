import type { Diagnosis } from '@shared/diagnosis'
import type { Dataset } from '@shared/schemas/dataset'
import type { Interval } from '@shared/schemas/fairness'
import type { QualityReport } from '@shared/schemas/quality'
import type { Sweep } from '@shared/schemas/sweep'
import type { z } from 'zod'

/** What commands print for people when nobody asked for JSON. */

/** Columns padded to their widest cell. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

export const percent = (value: number | null | undefined) => (value == null ? '–' : `${(value * 100).toFixed(1)} %`)
export const figure = (value: number | null | undefined) => (value == null ? '–' : value.toFixed(4))

export const interval = ({ value, low, high }: z.infer<typeof Interval>) =>
  `${figure(value)} [${figure(low)}, ${figure(high)}]`

export function datasetsText(datasets: Dataset[]): string {
  if (datasets.length === 0) return 'No datasets yet. Import one: pellucid import FOLDER-OR-CSV --name NAME'
  const rows = datasets.map((dataset) => [
    dataset.name,
    dataset.modality,
    String(dataset.sampleCount),
    String(dataset.labelledCount),
    String(dataset.classes.length),
    dataset.datasetId,
  ])
  return table(['name', 'modality', 'samples', 'labelled', 'classes', 'id'], rows)
}

export function datasetText(dataset: Dataset): string {
  const classes = dataset.classes.map(({ name, count }) => `${name} (${count})`).join(', ') || 'none yet'
  const lines = [
    `${dataset.name}: ${dataset.sampleCount} samples (${dataset.modality}), ${dataset.labelledCount} labelled`,
    dataset.task === 'regression' ? `predicted: ${dataset.target}, a number` : `classes: ${classes}`,
  ]
  if (dataset.skipped.length > 0) {
    lines.push(`${dataset.skipped.length} files were left out:`)
    lines.push(...dataset.skipped.slice(0, 20).map(({ path, reason }) => `  ${path}: ${reason}`))
    if (dataset.skipped.length > 20) lines.push('  … all of them with --json')
  }
  if (dataset.fields.length > 0)
    lines.push(
      table(
        ['field', 'kind', 'missing'],
        dataset.fields.map(({ name, kind, missing }) => [name, kind, String(missing)]),
      ),
    )
  return lines.join('\n')
}

export function diagnosisText({ verdict, evidence, remedies }: Diagnosis): string {
  const settings = (change: object) => Object.entries(change).map(([key, value]) => `--set ${key}=${value}`)
  const tries = remedies.map(({ title, change }) => `try: ${title} (${settings(change).join(' ')})`)
  return [verdict, evidence, ...tries].filter((line) => line !== '').join('\n')
}

export function sweepText({ name, sweepId, status, spec, trials, configs, importance }: Sweep): string {
  const keys = Object.keys(spec.space)
  const rows = configs.map(({ params, score, interval, seeds, runId }) => [
    ...keys.map((key) => String(params[key])),
    spec.objective === 'accuracy' ? percent(score) : figure(score),
    interval ? interval.map((bound) => figure(bound)).join(' to ') : '',
    String(seeds),
    runId ?? '',
  ])
  const weights = importance.map(({ param, share }) => `${param} ${percent(share)}`)
  const failed = trials.filter(({ reason }) => reason !== null)
  return [
    `${name} (${sweepId}): ${status}, ${trials.length} trials by ${spec.strategy}, on the validation ${spec.objective}`,
    table([...keys, spec.objective, '95 % interval', 'seeds', 'run'], rows),
    `share of the spread that each setting explains by itself: ${weights.join(', ')}`,
    ...failed.map(({ index, reason }) => `trial ${index + 1} failed: ${reason}`),
  ].join('\n')
}

export function sweepsText(sweeps: Sweep[]): string {
  const rows = sweeps.map(({ name, status, datasetName, spec, trials, sweepId }) => {
    const ended = trials.filter(({ state }) => state !== 'waiting' && state !== 'running').length
    return [name, status, datasetName, spec.family, `${ended} of ${trials.length}`, sweepId]
  })
  return table(['name', 'status', 'dataset', 'family', 'trials', 'id'], rows)
}

/** Each finding with its first few suspicions; `--json` has them all. */
export function qualityText({ findings, notes, sampleCount }: QualityReport): string {
  const lines = findings.flatMap(({ text, total, suspicions }) => [
    text,
    ...suspicions.slice(0, 5).map(({ sampleIds, why }) => `  ${sampleIds.slice(0, 6).join(', ')}: ${why}`),
    ...(total > 5 ? [`  … and ${total - 5} more`] : []),
  ])
  if (lines.length === 0) lines.push(`Nothing was found in ${sampleCount} samples.`)
  return [...lines, ...notes].join('\n')
}
