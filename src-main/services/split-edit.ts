import { posix } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { Split, SplitCounts } from '@shared/schemas/dataset'
import { isRows } from '@shared/modalities'
import type { Queries } from '../db/database'
import { jsonPath, type DatasetRow } from './dataset-queries'
import { forEachPage } from './derived-fields'
import { performEdit } from './edits'
import { assignSplits, type Fractions } from './splits'

interface SplitRequest extends Fractions {
  group?: string
  stratify: boolean
  seed: number
}

/** Draws all samples of a dataset anew into the splits; returns how many each one got. */
export async function splitDataset(tx: Queries, dataset: DatasetRow, request: SplitRequest): Promise<SplitCounts> {
  const { group, stratify, seed, ...fractions } = request
  const samples = await readSamples(tx, dataset, group)
  const drawn = assignSplits({
    classes: samples.map(({ classId }) => classId),
    groups: group === undefined ? undefined : samples.map((sample) => sample.group),
    fractions,
    stratify,
    seed,
  })
  const before = new Map<Split | null, number[]>()
  const after = new Map<Split | null, number[]>()
  const counts = { train: 0, validation: 0, test: 0 }
  samples.forEach(({ id, split }, i) => {
    counts[drawn[i]!]++
    if (split === drawn[i]) return
    push(before, split, id)
    push(after, drawn[i]!, id)
  })
  const percents = Object.values(fractions).map((share) => `${Number((share * 100).toFixed(1))}`)
  const title = `Split ${percents.join('/')}${group === undefined ? '' : ` by ${group}`} (seed ${seed})`
  const changed = [...after.values()].reduce((sum, ids) => sum + ids.length, 0)
  if (changed > 0)
    await performEdit(tx, dataset, { title, kind: 'split', changed, before: listText(before), after: listText(after) })
  return counts
}

const push = (map: Map<Split | null, number[]>, split: Split | null, id: number) => {
  const ids = map.get(split)
  if (ids) ids.push(id)
  else map.set(split, [id])
}

const listText = (map: Map<Split | null, number[]>) => JSON.stringify({ splits: [...map] })

interface SplitSample {
  id: number
  classId: number | null
  split: Split | null
  group: string | null
}

async function readSamples(tx: Queries, dataset: DatasetRow, group: string | undefined): Promise<SplitSample[]> {
  const isFolder = !isRows(dataset.modality)
  if (group !== undefined) await checkGroup(tx, dataset, group)
  const samples: SplitSample[] = []
  const column = group === undefined ? 'NULL' : isFolder ? 'path' : '"values" ->> ?'
  const params = group === undefined || isFolder ? [] : [jsonPath(group)]
  await forEachPage(tx, dataset.id, `class_id, split, ${column} AS grouped`, params, async (page) => {
    for (const row of page) {
      const value = row['grouped'] as string | number | null
      samples.push({
        id: row.id,
        classId: row['class_id'] as number | null,
        split: row['split'] as Split | null,
        group: value === null ? null : isFolder ? posix.dirname(String(value)) : String(value),
      })
    }
  })
  return samples
}

async function checkGroup(tx: Queries, dataset: DatasetRow, group: string): Promise<void> {
  if (!isRows(dataset.modality)) {
    if (group === 'folder') return
    throw new WorkbenchError('invalid_input', `Pictures are grouped by "folder"; got "${group}".`)
  }
  const fields = await tx.all<{ name: string }>(
    'SELECT name FROM fields WHERE dataset_id = ? ORDER BY position',
    dataset.id,
  )
  if (fields.some(({ name }) => name === group)) return
  throw new WorkbenchError(
    'invalid_input',
    `No column "${group}" to group by. Expected one of: ${fields.map(({ name }) => name).join(', ')}.`,
  )
}
