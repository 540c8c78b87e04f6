import type { Derivation, FieldValue } from '@shared/schemas/dataset'
import type { Queries } from '../db/database'
import { fieldRows, type FieldRow } from './dataset-fields'
import { jsonPath } from './dataset-queries'
import { deriveValue } from './derive'
import { FieldCounter } from './field-stats'

const pageSize = 2000

/** Adds a derived column: its place among the fields and its value in every sample. */
export async function addDerivedField(tx: Queries, datasetId: string, field: FieldRow): Promise<void> {
  const derivation = JSON.parse(field.derivation!) as Derivation
  const counter = new FieldCounter(field.kind)
  await forEachPage(tx, datasetId, `"values" -> ? AS literal`, [jsonPath(derivation.from)], async (page) => {
    const derived = page.map(({ id, literal }) => [id, deriveValue(derivation, JSON.parse(String(literal ?? 'null')))])
    for (const [, value] of derived) counter.add(value as FieldValue)
    await tx.run(
      `UPDATE samples SET "values" = json_set("values", ?, derived.value)
       FROM (SELECT value ->> 0 AS id, value ->> 1 AS value FROM json_each(?)) AS derived WHERE samples.id = derived.id`,
      jsonPath(field.name),
      JSON.stringify(derived),
    )
  })
  await tx.run(
    'INSERT INTO fields (dataset_id, name, position, kind, is_input, is_sensitive, derivation, stats) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    datasetId,
    field.name,
    field.position,
    field.kind,
    field.is_input,
    field.is_sensitive,
    field.derivation,
    JSON.stringify(counter.result()),
  )
}

export async function removeDerivedField(tx: Queries, datasetId: string, name: string): Promise<void> {
  await tx.run('UPDATE samples SET "values" = json_remove("values", ?) WHERE dataset_id = ?', jsonPath(name), datasetId)
  await tx.run('DELETE FROM fields WHERE dataset_id = ? AND name = ?', datasetId, name)
}

/** Counts the values of all fields, or of those named, anew. */
export async function recountFields(tx: Queries, datasetId: string, names?: string[]): Promise<void> {
  const fields = (await fieldRows(tx, datasetId)).filter(({ name }) => !names || names.includes(name))
  const counters = fields.map(({ kind }) => new FieldCounter(kind))
  await forEachPage(tx, datasetId, '"values"', [], async (page) => {
    for (const row of page) {
      const values = JSON.parse(String(row['values'])) as Record<string, FieldValue>
      fields.forEach(({ name }, at) => counters[at]!.add(values[name]))
    }
  })
  for (const [at, { name }] of fields.entries()) await setStats(tx, datasetId, name, counters[at]!)
}

export const setStats = (tx: Queries, datasetId: string, name: string, counter: FieldCounter) =>
  tx.run(
    'UPDATE fields SET stats = ? WHERE dataset_id = ? AND name = ?',
    JSON.stringify(counter.result()),
    datasetId,
    name,
  )

/** Walks a dataset's samples in pages small enough for main's event loop to breathe between them. */
export async function forEachPage(
  tx: Queries,
  datasetId: string,
  columns: string,
  params: string[],
  work: (page: ({ id: number; row: number } & Record<string, unknown>)[]) => Promise<void>,
): Promise<void> {
  for (let after = 0; ;) {
    const page = await tx.all<{ id: number; row: number } & Record<string, unknown>>(
      `SELECT id, row, ${columns} FROM samples WHERE dataset_id = ? AND row > ? ORDER BY row LIMIT ?`,
      ...params,
      datasetId,
      after,
      pageSize,
    )
    if (page.length === 0) return
    await work(page)
    after = page.at(-1)!.row
  }
}
