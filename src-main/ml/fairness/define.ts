/** Counts of one group at one threshold; the first index is the truth. */
export interface GroupCounts {
  tp: number
  fp: number
  tn: number
  fn: number
}

interface Common {
  id: string
  title: string
  /** One sentence that a judge understands. */
  summary: string
  reference: string
}

/** One value per group, e.g. the selection rate. Null where its denominator is empty. */
export interface RateMetric extends Common {
  kind: 'rate'
  ideal: null
  compute(counts: GroupCounts): number | null
}

/** One value over all groups, derived from their rates. Null when undefined. */
export interface DisparityMetric extends Common {
  kind: 'difference' | 'ratio'
  ideal: 0 | 1
  compute(groups: readonly GroupCounts[]): number | null
  /** Which two groups lie at the ends, lowest first. */
  ends(groups: readonly GroupCounts[]): [number, number] | null
}

export type FairnessMetric = RateMetric | DisparityMetric

export const defineFairnessMetric = <M extends FairnessMetric>(metric: M): M => metric
