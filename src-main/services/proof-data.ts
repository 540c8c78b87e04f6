import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { tableExtensions } from '@shared/file-kinds'
import { WorkbenchError } from '@shared/errors'
import type { Derivation, FieldKind, FieldValue } from '@shared/schemas/dataset'
import type { Snapshot } from '../ml/snapshot'
import type { ServiceContext } from './context'
import { deriveValue } from './derive'
import { sha256 } from './proof-file'

/** One sample of the run's snapshot: what it was, told by a fingerprint, and where its values stand when they are there. */
export interface ProofSample {
  id: number
  split: Snapshot['samples'][number]['split']
  target: number | null
  fingerprint: string
}

/** How the data can be found again elsewhere. */
export interface DataIndex {
  header: Omit<Snapshot, 'samples'>
  columns: { name: string; kind: FieldKind; derivation: Derivation | null }[]
  samples: ProofSample[]
}

export type Row = Record<string, FieldValue>

/** Of a row by its own columns; derived ones follow from them. */
export const rowFingerprint = (columns: DataIndex['columns'], row: Row): string =>
  sha256(JSON.stringify(columns.filter(({ derivation }) => !derivation).map(({ name }) => row[name] ?? null)))

/**
 * The rows of all samples out of the tables in a folder, in the samples' order; null for those that are not there. A row
 * is known by its fingerprint, so neither the file's name nor the order of its rows matters.
 */
export async function rowsInFolder(
  { jobs }: Pick<ServiceContext, 'jobs'>,
  folder: string,
  { columns, samples }: DataIndex,
  signal: AbortSignal,
): Promise<(Row | null)[]> {
  const names = await readdir(folder).catch(() => {
    throw new WorkbenchError('not_found', `There is no folder ${folder}.`)
  })
  const tables = names.filter((name) =>
    tableExtensions.some((extension) => name.toLowerCase().endsWith(`.${extension}`)),
  )
  if (tables.length === 0)
    throw new WorkbenchError('not_found', `${folder} holds no table. Expected the file that the run was trained on.`)
  const own = columns.filter(({ derivation }) => !derivation)
  const kinds = Object.fromEntries(own.map(({ name, kind }) => [name, kind]))
  const found = new Map<string, Row>()
  for (const name of tables)
    await jobs.run(
      'decode',
      'read-table',
      { path: join(folder, name), kinds },
      {
        signal,
        onEvent: ({ rows }) =>
          rows.forEach((row) => found.set(rowFingerprint(columns, row), withDerived(columns, row))),
      },
    )
  return samples.map(({ fingerprint }) => found.get(fingerprint) ?? null)
}

function withDerived(columns: DataIndex['columns'], row: Row): Row {
  const whole = { ...row }
  for (const { name, derivation } of columns)
    if (derivation) whole[name] = deriveValue(derivation, whole[derivation.from])
  return whole
}

/** The snapshot that the run was trained on, put together again. */
export function snapshotOf({ header, samples }: DataIndex, rows: Row[]): Snapshot {
  return {
    ...header,
    samples: samples.map(({ id, split, target }, i) => ({
      id,
      split,
      target,
      ...(header.reweighBy !== undefined && { group: String(rows[i]![header.reweighBy] ?? '(missing)') }),
      values: header.fields.map(({ name }) => rows[i]![name] ?? null),
    })),
  }
}
