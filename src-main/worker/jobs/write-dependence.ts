import { writeFile } from 'node:fs/promises'
import type { Dependence, DependenceCurve } from '@shared/schemas/insight'
import { csvLine } from '../../ml/csv'
import type { JobHandler } from '../protocol'

type Cell = string | number | boolean | null

/** A line per curve and value: partial dependence, accumulated effects, and each single row by its number. */
function linesOf({ field, target, partial, accumulated, individual }: Dependence): Cell[][] {
  return [
    ['curve', 'row', field, `probability of ${target}`, 'low', 'high'],
    ...curveLines('partial dependence', partial),
    ...(accumulated ? curveLines('accumulated local effect', accumulated) : []),
    ...individual.flatMap((values, row) =>
      values.map((value, k): Cell[] => ['individual', row + 1, partial.at[k]!, value, '', '']),
    ),
  ]
}

const curveLines = (name: string, { at, values, low, high }: DependenceCurve): Cell[][] =>
  at.map((value, k) => [name, '', value, values[k]!, low[k]!, high[k]!])

export default (async ({ dependence, out }) => {
  const lines = linesOf(dependence).map((cells) => csvLine(cells.map((cell) => String(cell ?? ''))))
  await writeFile(out, lines.join(''))
  return { files: [out] }
}) satisfies JobHandler<'write-dependence'>
