import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { FieldValue } from '@shared/schemas/dataset'
import { ColumnTable } from './column-table'
import type { Snapshot, SnapshotSample } from './snapshot'

/** A larger snapshot is read line by line: as one text it takes many times its size, or does not fit into a string at all. */
const wholeBytes = 8e6

/** A run's `snapshot.json`. The values of a large table come as its `table`, in packed columns, not in its samples. */
export async function readSnapshot(runDir: string): Promise<Snapshot> {
  const path = join(runDir, 'snapshot.json')
  const { size } = await stat(path)
  if (size <= wholeBytes) return JSON.parse(await readFile(path, 'utf8')) as Snapshot
  return readByLine(path)
}

/** The first line is all but the samples; then comes a sample per line, and what closes the text. */
export async function readByLine(path: string): Promise<Snapshot> {
  const lines = createInterface({ input: createReadStream(path, { highWaterMark: 1 << 20 }), crlfDelay: Infinity })
  let snapshot: Snapshot | null = null
  let table: ColumnTable | undefined
  for await (const line of lines) {
    if (!snapshot) {
      snapshot = JSON.parse(`${line}]}`) as Snapshot
      table = snapshot.modality === 'table' ? new ColumnTable(snapshot.fields) : undefined
    } else if (line !== ']}') {
      const { values, ...sample } = JSON.parse(line.endsWith(',') ? line.slice(0, -1) : line) as SnapshotSample
      if (table) table.push(values!)
      snapshot.samples.push(table ? sample : { ...sample, values })
    }
  }
  return { ...snapshot!, table }
}

/** All of a run's `snapshot.json` but the samples. */
export async function readHeader(runDir: string): Promise<Omit<Snapshot, 'samples' | 'table'>> {
  const path = join(runDir, 'snapshot.json')
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity })
  for await (const line of lines) {
    lines.close()
    if (!line.endsWith('[')) break // written as one line
    const { samples: _none, ...header } = JSON.parse(`${line}]}`) as Snapshot
    return header
  }
  const { samples: _all, ...header } = JSON.parse(await readFile(path, 'utf8')) as Snapshot
  return header
}

/** A table row's values by the names of their fields; null for what is no row. */
export function namedValues({ samples, fields, table }: Snapshot, at: number): Record<string, FieldValue> | null {
  const { values } = samples[at]!
  if (!table && !values) return null
  return Object.fromEntries(fields.map(({ name }, k) => [name, (table ? table.value(at, k) : values![k]) ?? null]))
}
