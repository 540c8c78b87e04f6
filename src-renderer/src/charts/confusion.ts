import { formatCount, formatPercent } from '../format'

export type ConfusionUnit = 'counts' | 'rows'

export interface ConfusionCell {
  truth: number
  predicted: number
  count: number
  /** Share of the true class's samples that went here; null when the class has none. */
  share: number | null
  isCorrect: boolean
}

export const rowTotals = (matrix: number[][]): number[] => matrix.map((row) => row.reduce((sum, n) => sum + n, 0))

/** Cells of a matrix of counts [true][predicted], with their share of the row. */
export function confusionCells(matrix: number[][]): ConfusionCell[][] {
  const totals = rowTotals(matrix)
  return matrix.map((row, truth) =>
    row.map((count, predicted) => ({
      truth,
      predicted,
      count,
      share: totals[truth] ? count / totals[truth]! : null,
      isCorrect: truth === predicted,
    })),
  )
}

/**
 * How strongly a cell is tinted, 0-1. Right answers by their share of the row; mistakes on a root scale, since the few
 * that matter would be invisible beside a diagonal of 98 %.
 */
export function cellStrength({ share, isCorrect }: ConfusionCell): number {
  if (!share) return 0
  return isCorrect ? share : Math.min(1, 0.15 + 0.85 * Math.sqrt(share))
}

/**
 * Background of a cell: teal on the diagonal, orange off it (told apart in every common colour blindness, and the place
 * says the same). Never stronger than what the text on it bears: 4.5 : 1 in both themes.
 */
export function cellBackground(cell: ConfusionCell, isDark: boolean): string {
  const strength = cellStrength(cell)
  if (strength === 0) return 'transparent'
  const share = Math.round(strength * (isDark ? 46 : 68))
  return `color-mix(in srgb, var(--class-${cell.isCorrect ? 0 : 1}) ${share}%, var(--ui-bg))`
}

/** Figure in a cell: counts, or per cent of the row without its sign; nothing short of all is rounded up to 100. */
export function cellText({ count, share }: ConfusionCell, unit: ConfusionUnit): string {
  if (unit === 'counts') return formatCount(count)
  if (share === null) return '–'
  const percent = share * 100
  const isFine = percent < 9.95 || (percent >= 99.5 && percent < 100)
  return isFine ? String(Math.min(99.9, Number(percent.toFixed(1)))) : String(Math.round(percent))
}

/** What a screen reader says of a cell. */
export const cellLabel = (cell: ConfusionCell, classes: string[]): string =>
  `${formatCount(cell.count)} of ${classes[cell.truth]} ${
    cell.isCorrect ? 'recognised' : `taken for ${classes[cell.predicted]}`
  }, ${cell.share === null ? 'no samples of this class' : `${formatPercent(cell.share)} of them`}`

/** The most frequent mistakes, for matrices too large to draw. */
export const worstPairs = (matrix: number[][], limit: number): ConfusionCell[] =>
  confusionCells(matrix)
    .flat()
    .filter(({ isCorrect, count }) => !isCorrect && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, limit)

/** The cell an arrow key leads to; null for other keys. */
export function nextCell(key: string, [row, column]: [number, number], size: number): [number, number] | null {
  const clamp = (n: number) => Math.max(0, Math.min(size - 1, n))
  switch (key) {
    case 'ArrowUp':
      return [clamp(row - 1), column]
    case 'ArrowDown':
      return [clamp(row + 1), column]
    case 'ArrowLeft':
      return [row, clamp(column - 1)]
    case 'ArrowRight':
      return [row, clamp(column + 1)]
    case 'Home':
      return [row, 0]
    case 'End':
      return [row, size - 1]
    default:
      return null
  }
}
