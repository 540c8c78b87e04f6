import type { FieldValue } from '@shared/schemas/dataset'
import { api } from '../api'

const page = 5000

/** Values of some fields over the first `limit` rows, by field name, in the order of the rows. */
export async function readValues(dataset: string, fields: string[], limit: number): Promise<Map<string, FieldValue[]>> {
  const values = new Map<string, FieldValue[]>(fields.map((name) => [name, []]))
  for (let offset = 0; offset < limit; offset += page) {
    const { samples, total } = await api.datasets.samples({ dataset, offset, limit: Math.min(page, limit - offset) })
    for (const sample of samples) for (const [name, list] of values) list.push(sample.values?.[name] ?? null)
    if (offset + samples.length >= total || samples.length === 0) break
  }
  return values
}
