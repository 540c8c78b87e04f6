import { WorkbenchError } from '@shared/errors'
import type { FairnessConstraint, GroupRule, GroupThresholds } from '@shared/schemas/fairness'
import { randomStream } from '../random'
import { gridAt, gridSize, tradeoffCurve, type Mixed, type ScoredGroup } from './tradeoff'

export interface FitInput {
  constraint: FairnessConstraint
  /** How far apart the groups may be in what the constraint makes equal. */
  tolerance: number
  truth: readonly boolean[]
  scores: readonly number[]
  groups: readonly string[]
}

/**
 * Thresholds by group that are as accurate as the constraint allows on the samples given; the same solutions as Fairlearn's
 * ThresholdOptimizer. Where a constraint falls between two thresholds, one of them is drawn for each sample.
 */
export function fitThresholds(input: FitInput): GroupThresholds['groups'] {
  const groups = byGroup(input)
  return input.constraint === 'equalized-odds' ? equalizedOdds(groups, input) : simple(groups, input)
}

/** Probability that a sample of a group is selected. */
export function selectionProbability(rule: GroupRule, score: number): number {
  const mixed = rule.p0 * Number(score > rule.threshold0) + (1 - rule.p0) * Number(score > rule.threshold1)
  return rule.ignore * rule.constant + (1 - rule.ignore) * mixed
}

/** What the rule decides for the sample at `place`: where it mixes two thresholds, a number of (seed, place) is drawn. */
export function isSelected(rule: GroupRule, score: number, seed: number, place: number): boolean {
  const probability = selectionProbability(rule, score)
  if (probability <= 1e-12 || probability >= 1 - 1e-12) return probability > 0.5
  return randomStream(seed, place).uniform() < probability
}

function byGroup({ truth, scores, groups }: FitInput): Map<string, ScoredGroup & { share: number }> {
  const found = new Map<string, { scores: number[]; truth: boolean[]; share: number }>()
  for (const name of [...new Set(groups)].sort()) found.set(name, { scores: [], truth: [], share: 0 })
  groups.forEach((name, i) => {
    const group = found.get(name)!
    group.scores.push(scores[i]!)
    group.truth.push(truth[i]!)
    group.share += 1 / groups.length
  })
  for (const [name, group] of found)
    if (new Set(group.truth).size < 2)
      throw new WorkbenchError(
        'conflict',
        `All ${group.truth.length} samples of "${name}" that thresholds are fitted on have the same outcome, so none can be found for it. Give that split more samples, or merge the group with another.`,
      )
  return found
}

/** Demographic parity and equal opportunity: within every window of the tolerance's width each group takes its best. */
function simple(groups: Map<string, ScoredGroup & { share: number }>, input: FitInput): GroupThresholds['groups'] {
  const x = input.constraint === 'demographic-parity' ? 'selection-rate' : 'true-positive-rate'
  const names = [...groups.keys()]
  const curves = names.map((name) => tradeoffCurve(groups.get(name)!, x, 'accuracy'))
  const shares = names.map((name) => groups.get(name)!.truth.length / input.truth.length)
  const chosen =
    input.tolerance > 0 ? bestWithin(curves, shares, input.tolerance) : curves.map(() => bestTogether(curves, shares))
  return Object.fromEntries(names.map((name, g) => [name, plainRule(curves[g]![chosen[g]!]!)]))
}

/** The first place of the grid at which the groups' weighted sum is largest. */
function bestTogether(curves: Mixed[][], shares: number[]): number {
  let [best, most] = [0, -Infinity]
  for (let k = 0; k <= gridSize; k++) {
    const sum = curves.reduce((total, curve, g) => total + shares[g]! * curve[k]!.y, 0)
    if (sum > most) [best, most] = [k, sum]
  }
  return best
}

function bestWithin(curves: Mixed[][], shares: number[], tolerance: number): number[] {
  // Indices in a window of each group, with falling y: the first is the window's best.
  const queues: number[][] = curves.map(() => [])
  let best: number[] = []
  let [most, least] = [-Infinity, Infinity]
  let start = 0
  for (let end = 0; end <= gridSize; end++) {
    curves.forEach((curve, g) => {
      const queue = queues[g]!
      while (queue.length > 0 && curve[queue.at(-1)!]!.y <= curve[end]!.y) queue.pop()
      queue.push(end)
    })
    for (; gridAt(end) - gridAt(start) > tolerance; start++)
      for (const queue of queues) if (queue[0] === start) queue.shift()
    const current = queues.map((queue) => queue[0]!)
    const sum = curves.reduce((total, curve, g) => total + shares[g]! * curve[current[g]!]!.y, 0)
    const spread = gridAt(Math.max(...current)) - gridAt(Math.min(...current))
    if (sum > most || (sum === most && spread <= least)) [best, most, least] = [current, sum, spread]
  }
  return best
}

const plainRule = ({ p0, threshold0, threshold1 }: Mixed): GroupRule => ({
  p0,
  threshold0,
  threshold1,
  ignore: 0,
  constant: 0,
})

/**
 * Equal true and false positive rates: the most accurate point under every group's ROC hull; a group that could do better
 * is brought down to it by ignoring the score with some probability. The tolerance is not asked: there is one solution.
 */
function equalizedOdds(groups: Map<string, ScoredGroup>, { truth }: FitInput): GroupThresholds['groups'] {
  const names = [...groups.keys()]
  const curves = names.map((name) => tradeoffCurve(groups.get(name)!, 'false-positive-rate', 'true-positive-rate'))
  const positives = truth.filter(Boolean).length
  const negatives = truth.length - positives
  let [best, most] = [0, -Infinity]
  for (let k = 0; k <= gridSize; k++) {
    const lowest = Math.min(...curves.map((curve) => curve[k]!.y))
    const accuracy = (positives * lowest + negatives * (1 - gridAt(k))) / truth.length
    if (Number(accuracy.toFixed(15)) > most) [best, most] = [k, Number(accuracy.toFixed(15))]
  }
  const target = Math.min(...curves.map((curve) => curve[best]!.y))
  const rules = names.map((name, g): [string, GroupRule] => {
    const at = curves[g]![best]!
    const ignore = at.y === at.x ? 0 : (at.y - target) / (at.y - at.x)
    return [name, { ...plainRule(at), ignore, constant: at.x }]
  })
  return Object.fromEntries(rules)
}
