import type { Field, FieldKind } from '@shared/schemas/dataset'
import type { Queries } from '../db/database'
import type { FieldStats } from './field-stats'

export interface FieldRow {
  dataset_id: string
  name: string
  position: number
  kind: FieldKind
  is_input: number
  is_sensitive: number
  /** Derivation as JSON. */
  derivation: string | null
  /** FieldStats as JSON. */
  stats: string | null
}

export const fieldRows = (db: Queries, datasetId: string) =>
  db.all<FieldRow>('SELECT * FROM fields WHERE dataset_id = ? ORDER BY position', datasetId)

/** A table's columns in order; pictures have none. */
export async function loadFields(db: Queries, datasetId: string): Promise<Field[]> {
  return (await fieldRows(db, datasetId)).map((row) => ({
    name: row.name,
    kind: row.kind,
    isInput: row.is_input === 1,
    isSensitive: row.is_sensitive === 1,
    derivation: row.derivation === null ? null : JSON.parse(row.derivation),
    ...(JSON.parse(row.stats ?? '{"missing":0}') as FieldStats),
  }))
}
