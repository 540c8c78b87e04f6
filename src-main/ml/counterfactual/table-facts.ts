import type { FieldValue } from '@shared/schemas/dataset'
import { weightsStamp } from '../checkpoint'
import { readSnapshot } from '../snapshot-file'
import { fitDomain, type FieldDomain } from './domain'

/** Training rows that domains are fitted to; of larger tables every n-th. */
const mostRows = 20_000

export interface TableFacts {
  /** By field name. */
  domains: Map<string, FieldDomain | null>
  /** Training rows, values in the order of `fields`. */
  rows: FieldValue[][]
  fields: string[]
}

let known: { key: string; facts: Promise<TableFacts> } | null = null

/** What the training split of a run shows of each field; the last run's is kept. */
export async function tableFacts(runDir: string): Promise<TableFacts> {
  const key = `${runDir}|${await weightsStamp(runDir)}`
  if (known?.key !== key) known = { key, facts: readFacts(runDir) }
  const { facts } = known
  facts.catch(() => (known = null))
  return facts
}

async function readFacts(runDir: string): Promise<TableFacts> {
  const { samples, fields, table } = await readSnapshot(runDir)
  const trained = samples.flatMap(({ split, target }, at) => (split === 'train' && target !== null ? at : []))
  const every = Math.max(1, Math.ceil(trained.length / mostRows))
  const rows = trained
    .filter((_, i) => i % every === 0)
    .map((at) => fields.map((_, k) => (table ? table.value(at, k) : samples[at]!.values?.[k]) ?? null))
  const domains = fields.map(({ name, kind }, k) =>
    fitDomain(
      name,
      kind,
      rows.map((row) => row[k]!),
    ),
  )
  return {
    domains: new Map(fields.map(({ name }, k) => [name, domains[k]!])),
    rows,
    fields: fields.map(({ name }) => name),
  }
}
