import { throwIfAborted } from '@shared/errors'
import type { FieldKind, FieldValue } from '@shared/schemas/dataset'
import type { Interval, ProxyFigures, ProxyStrength } from '@shared/schemas/fairness'
import { randomStream, shuffled } from '../random'
import { areaUnderCurve, aucInterval } from './auc'
import { fitLogistic, scoresOf, type SparseRows } from './logistic'
import { wilsonInterval } from './bootstrap'
import { columnsOfField, joined } from './proxy-columns'

export interface ProxyInput {
  fields: { name: string; kind: FieldKind }[]
  /** Per sample its values in the order of `fields`. */
  rows: FieldValue[][]
  /** Per sample its group. */
  groups: string[]
  /** Per sample: is its label the favourable outcome? null where it has none. */
  labels: (boolean | null)[]
  /** Per sample: did the model give the favourable outcome? null where it was not asked. */
  predictions: (boolean | null)[]
  folds: number
  seed: number
  level: number
}

/** How much a column gives away, by its cross-validated AUC: 0.5 is nothing, 1 is everything. */
export function strengthOf({ value, low }: Interval): ProxyStrength {
  if (value === null || low === null || low <= 0.55) return 'none'
  return value >= 0.7 ? 'strong' : 'some'
}

/**
 * Which columns give the sensitive feature away: how well a logistic regression tells a sample's group from one column, from
 * all of them, and from all but the strong ones, by the AUC on folds that it was not trained on. With more than two groups
 * each is told from the others, and the AUCs are averaged by the groups' sizes.
 */
export async function findProxies(
  input: ProxyInput,
  { signal, progress = () => {} }: { signal?: AbortSignal; progress?: (done: number, total: number) => void } = {},
): Promise<ProxyFigures> {
  const { fields, rows, groups } = input
  const folds = stratifiedFolds(input)
  const columns = fields.map(({ name, kind }, k) =>
    columnsOfField(
      name,
      kind,
      rows.map((row) => row[k] ?? null),
    ),
  )
  const names = [...new Set(groups)].sort()
  const total = fields.length + 2
  let done = 0
  const measure = async (data: SparseRows): Promise<Interval> => {
    throwIfAborted(signal)
    await new Promise((next) => setImmediate(next))
    const found = crossValidated(data, groups, names, folds, input)
    progress(++done, total)
    return found
  }
  const single: ProxyFigures['fields'] = []
  for (const column of columns) {
    const auc = await measure(column.rows)
    single.push({ name: column.name, auc, strength: strengthOf(auc) })
  }
  const all = await measure(joined(columns, rows.length))
  const strong = new Set(single.filter(({ strength }) => strength === 'strong').map(({ name }) => name))
  const weak = columns.filter(({ name }) => !strong.has(name))
  const rest = strong.size > 0 && weak.length > 0 ? await measure(joined(weak, rows.length)) : null
  return { fields: single.sort((a, b) => b.auc.value! - a.auc.value!), all, rest, rates: ratesOf(input) }
}

/** Each group's share of the data, and how often the labels and the predictions give it the favourable outcome. */
function ratesOf({ groups, labels, predictions, level }: ProxyInput): ProxyFigures['rates'] {
  const share = (answers: (boolean | null)[], group: string) => {
    const own = answers.filter((answer, row) => answer !== null && groups[row] === group)
    return own.length > 0 ? wilsonInterval(own.filter(Boolean).length, own.length, level) : null
  }
  return [...new Set(groups)].sort().map((group) => {
    const n = groups.filter((own) => own === group).length
    const [inLabels, inPredictions] = [share(labels, group), share(predictions, group)]
    return { group, n, share: n / groups.length, labels: inLabels, predictions: inPredictions }
  })
}

/** Fold of each sample: the groups are dealt out evenly. */
function stratifiedFolds({ groups, folds, seed }: ProxyInput): Int32Array {
  const next = new Map<string, number>()
  const fold = new Int32Array(groups.length)
  for (const row of shuffled(groups.length, randomStream(seed))) {
    const turn = next.get(groups[row]!) ?? 0
    fold[row] = turn % folds
    next.set(groups[row]!, turn + 1)
  }
  return fold
}

function crossValidated(
  data: SparseRows,
  groups: string[],
  names: string[],
  fold: Int32Array,
  { folds, level }: ProxyInput,
): Interval {
  const count = groups.length
  // Of two groups either is told from the other just as well.
  const asked = names.length === 2 ? names.slice(1) : names
  let [sum, weight] = [0, 0]
  let widest = 0
  for (const name of asked) {
    const labels = Uint8Array.from(groups, (group) => Number(group === name))
    const areas: number[] = []
    for (let k = 0; k < folds; k++) {
      const part = (isTest: boolean) =>
        Int32Array.from({ length: count }, (_, row) => row).filter((row) => (fold[row] === k) === isTest)
      const test = part(true)
      const scores = scoresOf(data, fitLogistic(data, labels, part(false)), test)
      const area = areaUnderCurve(
        scores,
        Array.from(test, (row) => labels[row]!),
      )
      if (area !== null) areas.push(area)
    }
    if (areas.length === 0) continue
    const positives = labels.reduce((total, label) => total + label, 0)
    const area = areas.reduce((total, value) => total + value, 0) / areas.length
    const { low } = aucInterval(area, positives, count - positives, level)
    sum += area * positives
    widest = Math.max(widest, area - low!)
    weight += positives
  }
  if (weight === 0) return { value: null, low: null, high: null, level }
  const value = sum / weight
  return { value, low: Math.max(0, value - widest), high: Math.min(1, value + widest), level }
}
