import { throwIfAborted, WorkbenchError } from '@shared/errors'
import type { FieldValue } from '@shared/schemas/dataset'
import type { Dependence, DependenceCurve } from '@shared/schemas/insight'
import type { TableFacts } from '../counterfactual/table-facts'
import { toNumber } from '../encode/table'
import type { Predictor } from '../onnx/predictor'
import { answersTo } from '../predict'
import type { TrainedModel } from '../trained'
import { accumulatedEffects, binsOf } from './ale'
import { associationOf, type Column } from './association'
import { averageCurve } from './curves'
import { bordersOf, gridOf } from './grid'

/** Training rows asked about for curves of single rows and their mean, and for accumulated effects; evenly chosen. */
const mostCurves = 500
const mostChanges = 4000
const gridPoints = 30
const binCount = 20
/** Single rows that are handed out, and values of the data. */
const shownCurves = 60
const shownValues = 200
/** Rows asked about at once. */
const batch = 4000
/** From here on another column goes along so far that rows with a value put in are hardly like any in the data. */
const strong = 0.5
const dayMs = 86_400_000

type Followed = Omit<Dependence, 'runId' | 'isCached' | 'seconds'>

/** Asks for the probability of the class, row by row. */
type Ask = (rows: Record<string, FieldValue>[]) => Promise<number[]>

/**
 * How the probability of a class follows one column, over rows of the training split: partial dependence (Friedman 2001), the
 * curves of single rows (Goldstein et al. 2015) and accumulated local effects (Apley & Zhu 2020).
 */
export async function dependenceOf(
  trained: TrainedModel,
  predictor: Predictor,
  facts: TableFacts,
  { field, targetClass }: { field: string; targetClass: string | null },
  { signal, progress }: { signal: AbortSignal; progress(done: number, total: number): void },
): Promise<Followed> {
  const kind = kindOf(trained, field)
  const target = targetOf(trained, targetClass)
  const all = facts.rows.map((row) => Object.fromEntries(facts.fields.map((name, k) => [name, row[k]!])))
  const rows = evenly(all, mostCurves)
  const known = kind === 'category' ? [] : evenly(withNumber(all, field, kind), mostChanges)
  const grid = kind === 'category' ? categoriesOf(all, field) : gridOf(numbersOf(all, field, kind), gridPoints)
  if (grid.length === 0)
    throw new WorkbenchError(
      'incompatible',
      `No training row has a value of "${field}", so there is nothing to follow.`,
    )
  const total = rows.length * grid.length + 2 * known.length
  let done = 0
  const ask: Ask = async (asked) => {
    const found: number[] = []
    for (let from = 0; from < asked.length; from += batch) {
      throwIfAborted(signal)
      const part = asked.slice(from, from + batch).map((values) => ({ values }))
      found.push(...(await answersTo(trained, predictor, part, signal)).map((row) => row[target]!))
      progress((done += part.length), total)
    }
    return found
  }
  const at = grid.map((value) => valueOf(value, kind))
  const individual = await curvesOf(rows, field, at, ask)
  const related = strongest(trained, facts, field)
  const accumulated = kind === 'category' ? null : await effectsOf(known, field, kind, ask)
  return {
    field,
    kind,
    target: trained.meta.classes[target]!,
    sampleCount: rows.length,
    partial: { at, ...averageCurve(individual) },
    individual: evenly(individual, shownCurves),
    accumulated,
    rug:
      kind === 'category'
        ? []
        : evenly(numbersOf(all, field, kind), shownValues).map((x) => valueOf(x, kind) as number),
    counts: kind === 'category' ? at.map((value) => all.filter((row) => row[field] === value).length) : [],
    related,
    ...preference(field, kind, accumulated !== null, related),
  }
}

/** Probabilities [rows][values] of each row with each value put in. */
export async function curvesOf(
  rows: Record<string, FieldValue>[],
  field: string,
  at: FieldValue[],
  ask: Ask,
): Promise<number[][]> {
  const answers = await ask(rows.flatMap((row) => at.map((value) => ({ ...row, [field]: value }))))
  return rows.map((_, i) => answers.slice(i * at.length, (i + 1) * at.length))
}

/** Accumulated local effects over borders that hold about as many rows between them. */
export async function effectsOf(
  rows: { row: Record<string, FieldValue>; number: number }[],
  field: string,
  kind: 'number' | 'date',
  ask: Ask,
): Promise<DependenceCurve | null> {
  const numbers = rows.map(({ number }) => number)
  const borders = bordersOf(numbers, binCount)
  if (borders.length < 2) return null
  const bins = binsOf(numbers, borders)
  const moved = (step: number) =>
    rows.map(({ row }, i) => ({ ...row, [field]: valueOf(borders[bins[i]! + step]!, kind) }))
  const [below, above] = [await ask(moved(0)), await ask(moved(1))]
  const change = above.map((value, i) => value - below[i]!)
  return { at: borders.map((x) => valueOf(x, kind)), ...accumulatedEffects(change, bins, borders.length - 1) }
}

function kindOf({ meta, fields }: TrainedModel, name: string): Followed['kind'] {
  const field = meta.fields.find((known) => known.name === name)
  if (field && fields?.some((known) => known.name === name))
    return field.kind === 'number' || field.kind === 'date' ? field.kind : 'category'
  const known = fields?.map((one) => one.name).join(', ') ?? 'none'
  throw new WorkbenchError('not_found', `This run reads no field "${name}"; it reads ${known}.`)
}

function targetOf({ meta: { classes, positive } }: TrainedModel, targetClass: string | null): number {
  if (targetClass === null) return positive ?? 0
  const target = classes.indexOf(targetClass)
  if (target >= 0) return target
  throw new WorkbenchError('not_found', `This run has no class "${targetClass}"; it has ${classes.join(', ')}.`)
}

/** At most `most` of the items, evenly. */
function evenly<T>(items: T[], most: number): T[] {
  if (items.length <= most) return items
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!)
}

function withNumber(rows: Record<string, FieldValue>[], field: string, kind: 'number' | 'date') {
  return rows.flatMap((row) => {
    const number = toNumber(row[field] ?? null, kind)
    return number === null ? [] : [{ row, number }]
  })
}

const numbersOf = (rows: Record<string, FieldValue>[], field: string, kind: 'number' | 'date') =>
  withNumber(rows, field, kind).map(({ number }) => number)

/** Values in training, the most frequent first. */
function categoriesOf(rows: Record<string, FieldValue>[], field: string): FieldValue[] {
  const counts = new Map<FieldValue, number>()
  for (const row of rows) if (row[field] !== null) counts.set(row[field]!, (counts.get(row[field]!) ?? 0) + 1)
  return [...counts]
    .sort(([a, x], [b, y]) => y - x || (String(a) < String(b) ? -1 : 1))
    .slice(0, gridPoints)
    .map(([value]) => value)
}

/** A place on the axis as the table holds it: dates are days since 1970. */
const valueOf = (value: FieldValue, kind: Followed['kind']): FieldValue =>
  kind === 'date' ? new Date(Math.round((value as number) * dayMs)).toISOString() : value

/** The other input that goes together with a field most. */
function strongest({ meta, fields }: TrainedModel, facts: TableFacts, name: string): Followed['related'] {
  const column = (field: string): Column => {
    const { kind } = meta.fields.find((known) => known.name === field)!
    const isNumber = kind === 'number' || kind === 'date'
    const values = evenly(facts.rows, mostChanges).map((row) => row[facts.fields.indexOf(field)]!)
    return {
      name: field,
      isNumber,
      values: isNumber ? values.map((v) => toNumber(v, kind as 'number') ?? NaN) : values,
    }
  }
  const own = column(name)
  return fields!
    .filter((other) => other.name !== name)
    .map((other) => ({ field: other.name, ...associationOf(own, column(other.name)) }))
    .reduce<Followed['related']>((best, one) => (best && best.strength >= one.strength ? best : one), null)
}

function preference(
  field: string,
  kind: Followed['kind'],
  canAccumulate: boolean,
  related: Followed['related'],
): Pick<Followed, 'preferred' | 'reason'> {
  if (kind === 'category')
    return {
      preferred: 'partial',
      reason: `Values of "${field}" have no order, so that effects cannot be added up along it.`,
    }
  if (!canAccumulate) return { preferred: 'partial', reason: `Training has shown one value of "${field}" only.` }
  if (!related || related.strength < strong)
    return {
      preferred: 'partial',
      reason: `No other column goes together with "${field}" so far that partial dependence would mislead.`,
    }
  const { field: other, measure, strength } = related
  return {
    preferred: 'accumulated',
    reason: `"${field}" goes together with "${other}" (${measure} ${strength.toFixed(2)}). Partial dependence would ask about rows that hardly occur; accumulated local effects stay near the data.`,
  }
}
