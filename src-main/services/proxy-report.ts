import { WorkbenchError } from '@shared/errors'
import type { Dataset, FieldValue } from '@shared/schemas/dataset'
import type { ProxyReport, ProxySpec } from '@shared/schemas/fairness'
import type { Queries } from '../db/database'
import type { Jobs } from '../worker/protocol'
import { toRun, type RunRow } from './run-queries'

const missing = '(missing)'
const mostGroups = 20

interface Row {
  values: string | null
  class: string | null
  predicted: number | null
}

/** Every sample's values, group, label and, where a run is named, prediction. */
export async function proxyInput(
  db: Queries,
  dataset: Dataset,
  spec: ProxySpec,
  run: RunRow | null,
): Promise<Jobs['proxies']['input']> {
  if (run && run.dataset_id !== dataset.datasetId)
    throw new WorkbenchError(
      'invalid_input',
      `Run "${run.name}" was trained on "${run.dataset_name}", not on "${dataset.name}".`,
    )
  const fields = fieldsOf(dataset, spec)
  const rows = await db.all<Row>(
    `SELECT samples."values" AS "values", classes.name AS class, run_predictions.predicted AS predicted
     FROM samples LEFT JOIN classes ON classes.id = samples.class_id
     LEFT JOIN run_predictions ON run_predictions.sample_id = samples.id
       AND run_predictions.run_id = ? AND run_predictions.split = ?
     WHERE samples.dataset_id = ? ORDER BY samples.row`,
    run?.id ?? '',
    spec.split,
    dataset.datasetId,
  )
  const cells = rows.map(({ values }) => JSON.parse(values ?? '{}') as Record<string, FieldValue>)
  const groups = cells.map((row) => String(row[spec.sensitive] ?? missing))
  checkGroups(dataset, spec.sensitive, groups, spec.folds)
  const { positive } = dataset
  const favourable = run ? toRun(run).classes.indexOf(positive ?? '') : -1
  return {
    fields: fields.map(({ name, kind }) => ({ name, kind })),
    rows: cells.map((row) => fields.map(({ name }) => row[name] ?? null)),
    groups,
    labels: rows.map((row) => (positive === null || row.class === null ? null : row.class === positive)),
    predictions: rows.map(({ predicted }) => (favourable < 0 || predicted === null ? null : predicted === favourable)),
    folds: spec.folds,
    seed: spec.seed,
    level: spec.level,
  }
}

function fieldsOf(dataset: Dataset, { sensitive, fields }: ProxySpec): Dataset['fields'] {
  const usable = dataset.fields.filter(
    ({ name, kind }) => name !== sensitive && name !== dataset.target && kind !== 'text',
  )
  const chosen = fields
    ? fields.map((name) => {
        const field = usable.find((one) => one.name === name)
        if (field) return field
        throw new WorkbenchError(
          'not_found',
          `"${name}" is no column that could give "${sensitive}" away. There are: ${usable.map((one) => one.name).join(', ')}.`,
        )
      })
    : usable.filter(({ isInput, isSensitive }) => isInput && !isSensitive)
  if (chosen.length > 0) return chosen
  throw new WorkbenchError('conflict', `Dataset "${dataset.name}" has no further input column to look at.`)
}

function checkGroups(dataset: Dataset, sensitive: string, groups: string[], folds: number): void {
  const counts = new Map<string, number>()
  for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1)
  if (counts.size < 2)
    throw new WorkbenchError('conflict', `"${sensitive}" has one value only, so there is nothing to give away.`)
  if (counts.size > mostGroups)
    throw new WorkbenchError(
      'invalid_input',
      `"${sensitive}" has ${counts.size} values; at most ${mostGroups} can be told apart. Derive a coarser column on "${dataset.name}" first.`,
    )
  const [name, n] = [...counts].reduce((least, entry) => (entry[1] < least[1] ? entry : least))
  if (n < folds)
    throw new WorkbenchError(
      'conflict',
      `"${name}" has ${n} samples, fewer than the ${folds} folds. Merge it with another value, or ask for fewer folds.`,
    )
}

const figure = (value: number | null) => (value === null ? '–' : value.toFixed(2))
const percent = (value: number) => `${(value * 100).toFixed(1)} %`

/** What was found, in sentences; the first is the headline. */
export function proxySummary({
  sensitive,
  fields,
  all,
  rest,
  rates,
  positive,
}: Omit<ProxyReport, 'summary'>): string[] {
  const strong = fields.filter(({ strength }) => strength === 'strong').map(({ name }) => `"${name}"`)
  const some = fields.filter(({ strength }) => strength === 'some').map(({ name }) => `"${name}"`)
  const together = `From all ${fields.length} columns together "${sensitive}" is told with an AUC of ${figure(all.value)} (0.5 is guessing, 1 is certainty).`
  const headline =
    strong.length > 0
      ? `Leaving "${sensitive}" out hides little: ${listed(strong)} ${strong.length > 1 ? 'give' : 'gives'} it away.`
      : (all.low ?? 0) > 0.6
        ? `No single column gives "${sensitive}" away, but together they do.`
        : `No column gives "${sensitive}" away.`
  const sentences = [headline, together]
  if (rest) sentences.push(`Without ${listed(strong)} the others still reach ${figure(rest.value)}.`)
  if (some.length > 0) sentences.push(`${listed(some)} ${some.length > 1 ? 'say' : 'says'} something about it.`)
  return [...sentences, ...labelBias(rates, positive)]
}

function labelBias(rates: ProxyReport['rates'], positive: string | null): string[] {
  const gap = (of: 'labels' | 'predictions') => {
    const known = rates.flatMap((rate) => (rate[of] ? [{ group: rate.group, value: rate[of].value! }] : []))
    if (known.length < 2) return null
    const sorted = known.sort((a, b) => a.value - b.value)
    const [low, high] = [sorted[0]!, sorted.at(-1)!]
    return { low, high, size: high.value - low.value }
  }
  const [labels, predictions] = [gap('labels'), gap('predictions')]
  if (!labels) return []
  const said = `In the labels ${percent(labels.low.value)} of "${labels.low.group}" and ${percent(labels.high.value)} of "${labels.high.group}" are "${positive}"`
  if (!predictions) return [`${said}.`]
  const verdict =
    predictions.size > labels.size
      ? 'the model widens what the labels show'
      : 'the model does not widen what the labels show'
  return [
    `${said}; the model gives it to ${percent(predictions.low.value)} of "${predictions.low.group}" and ${percent(predictions.high.value)} of "${predictions.high.group}": ${verdict}.`,
  ]
}

const listed = (names: string[]) =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
