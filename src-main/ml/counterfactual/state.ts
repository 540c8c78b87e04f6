import type { FieldValue } from '@shared/schemas/dataset'
import { costOf, type FieldDomain } from './domain'
import { marginOf, type Goal } from './goal'

/** Class probabilities [n][classes] of rows, by the model as it predicts. */
export type Ask = (rows: FieldValue[][]) => Promise<ArrayLike<number>[]>

export interface Search {
  /** The row to change, a value per field. */
  start: FieldValue[]
  /** Per field what it may become; null: it is locked. */
  domains: (FieldDomain | null)[]
  goal: Goal
  ask: Ask
  signal: AbortSignal
}

/** A row and which of its fields differ from the start. */
export interface Changed {
  values: FieldValue[]
  changed: number[]
}

/** How far a changed row is beyond the goal (see `marginOf`), and what its changes cost. */
export interface State extends Changed {
  margin: number
  cost: number
}

/** Rows with what the model says of them. */
export async function valued({ start, domains, goal, ask }: Search, rows: Changed[]): Promise<State[]> {
  if (rows.length === 0) return []
  const answers = await ask(rows.map(({ values }) => values))
  return rows.map(({ values, changed }, i) => ({
    values,
    changed,
    margin: marginOf(answers[i]!, goal),
    cost: changed.reduce((sum, field) => sum + costOf(domains[field]!, start[field]!, values[field]!), 0),
  }))
}

/** A copy with another value at one place. */
export const replaced = (values: FieldValue[], at: number, value: FieldValue): FieldValue[] =>
  values.map((own, i) => (i === at ? value : own))
