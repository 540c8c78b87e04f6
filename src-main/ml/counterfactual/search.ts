import type { FieldValue } from '@shared/schemas/dataset'
import { throwIfAborted } from '@shared/errors'
import { prune, shrink } from './minimise'
import { replaced, valued, type Changed, type Search, type State } from './state'

/** Rows kept for the next change, and of those how many may change the same fields. */
const beamWidth = 12
const perFieldSet = 3
/** Rows asked about per change, and changes tried before whole training rows are. */
const rowsPerLevel = 4000
const deepest = 5
/** Answers that are made as small as they can be, before the most different ones are chosen. */
const finalists = 16

/**
 * Rows that reach the goal by few and small changes, cheapest and most different first, at most `count`. A beam search over
 * the number of changed fields; where it finds none, training rows that the model decides as wanted lend their unlocked
 * values (Brughmans et al. 2021, NICE). Every change is then taken back as far as the model allows.
 */
export async function findCounterfactuals(
  search: Search,
  neighbours: () => Promise<FieldValue[][]>,
  count: number,
): Promise<State[]> {
  let found = await beamSearch(search, count)
  if (found.length === 0) found = await fromNeighbours(search, await neighbours())
  const smallest: State[] = []
  for (const state of diverse(found, finalists)) {
    throwIfAborted(search.signal)
    smallest.push(await shrink(search, await prune(search, state)))
  }
  return diverse(smallest, count)
}

async function beamSearch(search: Search, count: number): Promise<State[]> {
  const found: State[] = []
  let beam: State[] = [{ values: search.start, changed: [], margin: -Infinity, cost: 0 }]
  for (let depth = 1; depth <= deepest && beam.length > 0; depth++) {
    throwIfAborted(search.signal)
    const hadAny = found.length > 0
    const tried = await valued(search, thinned(childrenOf(search, beam), rowsPerLevel))
    found.push(...tried.filter(({ margin }) => margin > 0))
    // One change more than needed brings other ways to the same goal, two more only longer ones.
    if (hadAny || fieldSets(found) >= count) break
    beam = bestOf(tried.filter(({ margin }) => margin <= 0))
  }
  return found
}

const fieldSetOf = ({ changed }: State) => [...changed].sort((a, b) => a - b).join()
const fieldSets = (states: State[]) => new Set(states.map(fieldSetOf)).size

/** Every further change of one field; a row that several orders of changes lead to comes once. */
function childrenOf({ start, domains }: Search, beam: State[]): Changed[] {
  const children = new Map<string, Changed>()
  for (const { values, changed } of beam)
    domains.forEach((domain, field) => {
      if (!domain || changed.includes(field)) return
      for (const candidate of domain.candidates) {
        if (candidate === start[field]) continue
        const child = replaced(values, field, candidate)
        children.set(JSON.stringify(child), { values: child, changed: [...changed, field] })
      }
    })
  return [...children.values()]
}

/** At most `most`, evenly. */
const thinned = <T>(items: T[], most: number): T[] =>
  items.length <= most ? items : Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!)

/** The rows nearest to the goal, not all of them by the same fields. */
function bestOf(states: State[]): State[] {
  const perSet = new Map<string, number>()
  const kept: State[] = []
  for (const state of [...states].sort((a, b) => b.margin - a.margin || a.cost - b.cost)) {
    const key = fieldSetOf(state)
    const known = perSet.get(key) ?? 0
    if (known >= perFieldSet) continue
    perSet.set(key, known + 1)
    kept.push(state)
    if (kept.length === beamWidth) break
  }
  return kept
}

/** The row with the unlocked values of other rows, where the model decides that as wanted. */
async function fromNeighbours(search: Search, neighbours: FieldValue[][]): Promise<State[]> {
  const { start, domains } = search
  const mixed = neighbours.map((row) => {
    const changed = domains.flatMap((domain, field) =>
      domain && row[field] !== null && row[field] !== start[field] ? field : [],
    )
    return { values: changed.reduce((values, field) => replaced(values, field, row[field]!), start), changed }
  })
  return (await valued(search, mixed)).filter(({ margin, changed }) => margin > 0 && changed.length > 0)
}

/** Cheap and unlike each other: each next one is the cheapest that shares few changed fields with those chosen. */
function diverse(states: State[], count: number): State[] {
  const left = [...states].sort((a, b) => a.cost - b.cost || b.margin - a.margin)
  const chosen: State[] = []
  while (chosen.length < count && left.length > 0) {
    const worth = left.map((state) => state.cost + 2 * Math.max(0, ...chosen.map((other) => overlap(state, other))))
    const [next] = left.splice(worth.indexOf(Math.min(...worth)), 1)
    if (!chosen.some((other) => fieldSetOf(other) === fieldSetOf(next!))) chosen.push(next!)
  }
  return chosen.sort((a, b) => a.cost - b.cost)
}

/** Shared among all changed fields of both (Jaccard). */
function overlap(a: State, b: State): number {
  const shared = a.changed.filter((field) => b.changed.includes(field)).length
  return shared / (a.changed.length + b.changed.length - shared)
}
