import { allowed, type FieldDomain } from './domain'
import { replaced, valued, type Search, type State } from './state'

/** Places between the old and the new value that are asked about at once. */
const places = 32

/** Takes back whole changes that the goal does not need, each time the one that leaves most room. */
export async function prune(search: Search, state: State): Promise<State> {
  let kept = state
  while (kept.changed.length > 1) {
    const without = kept.changed.map((field) => ({
      values: replaced(kept.values, field, search.start[field]!),
      changed: kept.changed.filter((other) => other !== field),
    }))
    const [best] = (await valued(search, without)).sort((a, b) => b.margin - a.margin)
    if (!best || best.margin <= 0) break
    kept = best
  }
  return kept
}

/** Moves each changed number back towards its old value as far as the goal stays reached; what is left unchanged is dropped. */
export async function shrink(search: Search, state: State): Promise<State> {
  let kept = state
  for (const field of state.changed) {
    const domain = search.domains[field]!
    const [from, to] = [search.start[field], kept.values[field]]
    if (domain.kind !== 'number' || typeof from !== 'number' || typeof to !== 'number') continue
    kept = await nearer(search, kept, field, domain, [from, to])
  }
  return kept
}

/** Two rounds: the nearest place that reaches the goal, then the nearest between it and the one before. */
async function nearer(
  search: Search,
  state: State,
  field: number,
  domain: FieldDomain,
  [from, to]: [number, number],
): Promise<State> {
  let [kept, low, high] = [state, from, to]
  for (let round = 0; round < 2; round++) {
    const between = Array.from({ length: places }, (_, i) => allowed(domain, low + ((high - low) * (i + 1)) / places))
    const numbers = [...new Set(between)].filter((number) => number !== from && number !== high)
    const rows = numbers.map((number) => ({
      values: replaced(kept.values, field, number),
      changed: kept.changed,
    }))
    const tried = await valued(search, rows)
    const hit = tried.findIndex(({ margin, cost }) => margin > 0 && cost < kept.cost)
    if (hit >= 0) kept = tried[hit]!
    high = kept.values[field] as number
    low = hit > 0 ? numbers[hit - 1]! : hit === 0 ? low : (numbers.at(-1) ?? low)
  }
  return kept
}
