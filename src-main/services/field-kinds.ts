import { parseBoolean, parseDate, parseNumber } from '@shared/cells'
import { WorkbenchError } from '@shared/errors'
import type { FieldKind, FieldValue } from '@shared/schemas/dataset'
import type { Queries } from '../db/database'
import { jsonPath } from './dataset-queries'
import { forEachPage, recountFields } from './derived-fields'

/** A value as another kind; undefined where it cannot be said in it. */
export function convertValue(value: FieldValue, kind: FieldKind): FieldValue | undefined {
  if (value === null) return null
  const text = String(value)
  if (kind === 'number') return parseNumber(text, '.') ?? undefined
  if (kind === 'boolean') return parseBoolean(text) ?? undefined
  if (kind === 'date') return parseDate(text, 'dmy') ?? undefined
  return kind === 'id' && typeof value === 'number' ? value : text
}

/** Gives a column another kind, its values with it. Refused, with an example, when any value would be lost. */
export async function changeKind(tx: Queries, datasetId: string, name: string, kind: FieldKind): Promise<void> {
  await forEachPage(tx, datasetId, '"values" -> ? AS literal', [jsonPath(name)], async (page) => {
    const converted = page.map((row) => {
      const value = JSON.parse(String(row['literal'] ?? 'null')) as FieldValue
      const next = convertValue(value, kind)
      if (next !== undefined) return [row.id, JSON.stringify(next)]
      throw new WorkbenchError(
        'invalid_input',
        `Column "${name}" cannot become ${kind}: row ${row.row} holds "${String(value)}".`,
      )
    })
    await tx.run(
      `UPDATE samples SET "values" = json_set("values", ?, json(converted.literal))
       FROM (SELECT value ->> 0 AS id, value ->> 1 AS literal FROM json_each(?)) AS converted
       WHERE samples.id = converted.id`,
      jsonPath(name),
      JSON.stringify(converted),
    )
  })
  await tx.run('UPDATE fields SET kind = ? WHERE dataset_id = ? AND name = ?', kind, datasetId, name)
  await recountFields(tx, datasetId, [name])
}
