/** Counts of one group at one threshold; the first letter says whether the answer was right, the second which it was. */
export interface GroupCounts {
  tp: number
  fp: number
  tn: number
  fn: number
}

/** A share of a group's samples, 0-1; null where its denominator is empty. */
export type Rate = (counts: GroupCounts) => number | null

interface Common {
  id: string
  title: string
  /** One sentence that a judge understands. */
  summary: string
  reference: string
}

/** One value per group, e.g. the selection rate. */
export interface RateMetric extends Common {
  kind: 'rate'
  ideal: null
  compute: Rate
}

/** One value over all groups, derived from their rates. Null when undefined. */
export interface DisparityMetric extends Common {
  kind: 'difference' | 'ratio'
  ideal: 0 | 1
  /** The rates that are compared between the groups; the interval comes from all pairs of groups in them. */
  rates: readonly Rate[]
  compute(groups: readonly GroupCounts[]): number | null
  /** Which two groups lie at the ends, lowest first. */
  ends(groups: readonly GroupCounts[]): [number, number] | null
}

export type FairnessMetric = RateMetric | DisparityMetric

export const defineFairnessMetric = <M extends FairnessMetric>(metric: M): M => metric
