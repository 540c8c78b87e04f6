import type { ProofProblem, ProofReport } from '@shared/schemas/proof'
import type { Manifest } from './proof-file'

/** Every figure that is not what the proof says, by name. */
export function compareFigures(
  expected: Record<string, number | null>,
  found: Record<string, number | null>,
  tolerance: number,
  kind: 'figure' | 'retrained',
): ProofProblem[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const now = found[name]
    if (now !== undefined && isSame(value, now, tolerance)) return []
    return [{ kind, name: `figures.${name}`, expected: String(value), found: String(now ?? 'nothing') }]
  })
}

function isSame(a: number | null, b: number | null, tolerance: number): boolean {
  if (a === null || b === null) return a === b
  return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b))
}

interface Facts {
  manifest: Manifest
  level: ProofReport['level']
  problems: readonly ProofProblem[]
  checked: number
  tolerance: number
}

/** The verdict first, then what was and what was not checked. */
export function describe({ manifest, level, problems, checked, tolerance }: Facts): string[] {
  const count = (kind: ProofProblem['kind']) => problems.filter((problem) => problem.kind === kind).length
  const [tampered, data] = [count('tampered'), count('data')]
  if (tampered > 0)
    return [
      `This file was changed after it was sealed: ${tampered} ${tampered === 1 ? 'entry is' : 'entries are'} not as packed.`,
      'Nothing was recomputed from it.',
    ]
  if (data > 0)
    return [
      'The data is not what the run was trained on.',
      'The file itself is whole; nothing was recomputed, because some of its samples are missing or changed.',
    ]
  if (level === 'integrity')
    return [
      'The file is whole: every part is as it was sealed.',
      'Without the data that is all that can be said. Its figures were not recomputed; give the folder with the data.',
    ]
  const exact =
    tolerance === 0
      ? 'to the bit, on the machine and build that packed it'
      : `within a relative ${tolerance}, on another machine or build than packed it`
  const differing = problems.length
  const verdict =
    differing === 0
      ? `Verified: all ${checked} figures come out again, ${exact}.`
      : `Not verified: ${differing} of ${checked} figures do not come out again.`
  return [
    verdict,
    `They were recomputed from the packed weights on ${manifest.data.samples} samples whose fingerprints match.`,
    level === 'retrained'
      ? 'The network was also trained anew from its settings, seed and data.'
      : 'The network was not trained anew.',
  ]
}
