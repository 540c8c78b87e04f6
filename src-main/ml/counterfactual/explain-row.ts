import { WorkbenchError } from '@shared/errors'
import { argMax } from '@shared/metrics/classification'
import type { FieldValue } from '@shared/schemas/dataset'
import type { Counterfactuals } from '@shared/schemas/insight'
import { answersTo } from '../predict'
import type { Predictor } from '../onnx/predictor'
import type { TrainedModel } from '../trained'
import { costOf } from './domain'
import type { Goal } from './goal'
import { findCounterfactuals } from './search'
import type { Ask, Search, State } from './state'
import type { TableFacts } from './table-facts'

export interface CounterfactualRequest {
  values: Record<string, FieldValue>
  targetClass: string | null
  /** Names of fields that must stay as they are. */
  locked: string[]
  count: number
}

/** Training rows that may lend their values: the nearest of those that the model decides as wanted. */
const mostNeighbours = 200
/** Rows of the training split that are asked about for that. */
const neighboursAsked = 2000

type Found = Pick<Counterfactuals, 'predicted' | 'target' | 'probabilities' | 'answers' | 'asked'>

/**
 * The smallest changes of a table's row that change what the model says. Every row is encoded and predicted as any new row
 * is, so an answer holds for the model and not just for the numbers that it is fed.
 */
export async function counterfactualsOf(
  trained: TrainedModel,
  predictor: Predictor,
  facts: TableFacts,
  request: CounterfactualRequest,
  { signal, progress }: { signal: AbortSignal; progress(asked: number): void },
): Promise<Found> {
  const { classes } = trained.meta
  const names = trained.fields!.map(({ name }) => name)
  let asked = 0
  const ask: Ask = async (rows) => {
    asked += rows.length
    progress(asked)
    const samples = rows.map((row) => ({
      values: { ...request.values, ...Object.fromEntries(names.map((name, k) => [name, row[k]!])) },
    }))
    return answersTo(trained, predictor, samples, signal)
  }
  const start = names.map((name) => request.values[name] ?? null)
  const [now] = await ask([start])
  const goal = goalOf(argMax(now!), request.targetClass, classes)
  const domains = names.map((name) => (request.locked.includes(name) ? null : (facts.domains.get(name) ?? null)))
  const search: Search = { start, domains, goal, ask, signal }
  const isThere = goal.target === goal.predicted
  const lenders = () => neighbours(search, facts, names)
  const found = isThere ? [] : await findCounterfactuals(search, lenders, request.count)
  const byClass = (row: ArrayLike<number>) => Object.fromEntries(classes.map((name, k) => [name, row[k]!]))
  const final = await ask(found.map(({ values }) => values))
  return {
    predicted: classes[goal.predicted]!,
    target: request.targetClass,
    probabilities: byClass(now!),
    answers: found.map((state, i) => ({
      changes: changesOf(state, search, names),
      predicted: classes[argMax(final[i]!)]!,
      probabilities: byClass(final[i]!),
      cost: state.cost,
    })),
    asked,
  }
}

function goalOf(predicted: number, targetClass: string | null, classes: string[]): Goal {
  if (targetClass === null) return { predicted, target: null }
  const target = classes.indexOf(targetClass)
  if (target >= 0) return { predicted, target }
  throw new WorkbenchError('not_found', `This run has no class "${targetClass}"; it has ${classes.join(', ')}.`)
}

const changesOf = ({ changed, values }: State, { start, domains }: Search, names: string[]) =>
  [...changed]
    .sort((a, b) => costOf(domains[b]!, start[b]!, values[b]!) - costOf(domains[a]!, start[a]!, values[a]!) || a - b)
    .map((field) => ({ field: names[field]!, from: start[field]!, to: values[field]! }))

/** Training rows that the model decides as wanted, those first that differ least in what may change. */
async function neighbours({ start, domains, goal, ask }: Search, facts: TableFacts, names: string[]) {
  const positions = names.map((name) => facts.fields.indexOf(name))
  const every = Math.max(1, Math.ceil(facts.rows.length / neighboursAsked))
  const rows = facts.rows.filter((_, i) => i % every === 0).map((row) => positions.map((at) => row[at]!))
  const answers = await ask(rows)
  const isWanted = (row: ArrayLike<number>) => {
    const decided = argMax(row)
    return goal.target === null ? decided !== goal.predicted : decided === goal.target
  }
  const distance = (row: FieldValue[]) =>
    domains.reduce(
      (sum, domain, k) => sum + (domain && row[k] !== start[k] ? costOf(domain, start[k]!, row[k]!) : 0),
      0,
    )
  return rows
    .filter((_, i) => isWanted(answers[i]!))
    .map((row) => ({ row, distance: distance(row) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, mostNeighbours)
    .map(({ row }) => row)
}
