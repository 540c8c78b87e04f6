import { describe, expect, test } from 'vitest'
import { audit } from '@main/ml/audit/audit'
import { fairnessMetrics } from '@main/ml/audit/metrics'
import type { GroupCounts } from '@main/ml/fairness/define'
import { compared, falsePositiveRate, truePositiveRate } from '@main/ml/fairness/rates'
import golden from './data/fairness.json'

type Figures = Record<string, number | null>

interface Case {
  id: string
  threshold?: number
  yTrue: number[]
  yPred: number[]
  scores?: number[]
  sensitive: Record<string, string[]>
  reports: {
    by: string[]
    overall: Figures
    byGroup: { group: Record<string, string>; metrics: Figures }[]
    disparities: Figures
  }[]
  overDefinedGroups?: Figures
}

const cases = golden.cases as unknown as Case[]
const camelCase = (id: string) => id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** Fairlearn counts a rate over nobody as 0; Pellucid says that it is undefined. */
function expectRate(found: number | null, metrics: Figures, id: string): void {
  const [tp, fp, tn, fn] = ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives'].map(
    (cell) => metrics[cell]!,
  ) as [number, number, number, number]
  const base = { 'true-positive-rate': tp + fn, 'false-positive-rate': fp + tn, precision: tp + fp }[id]
  if (base === 0) {
    expect(metrics[camelCase(id)]).toBe(0)
    expect(found).toBeNull()
  } else expect(Math.abs(found! - metrics[camelCase(id)]!)).toBeLessThan(1e-9)
}

const auditOf = ({ yTrue, yPred, scores, sensitive, threshold = 0.5 }: Case, by: string[]) =>
  audit(
    {
      runId: 'golden',
      sensitive: by,
      split: 'test',
      positive: 'good',
      threshold,
      rounds: 100,
      level: 0.95,
      seed: 1,
      smallGroup: 30,
      unlabelled: 0,
      truth: yTrue.map(Boolean),
      scores: scores ?? yPred,
      groups: yTrue.map((_, i) => by.map((name) => sensitive[name]![i]!)),
    },
    fairnessMetrics.values(),
  )

const reports = cases.flatMap((one) => one.reports.map((report) => ({ id: one.id, by: report.by, one, report })))

describe.each(reports)('Fairlearn agrees on $id by $by', ({ one, report }) => {
  test('every rate, overall and by group', async () => {
    const found = await auditOf(one, report.by)
    expect(Object.keys(found.overall)).toHaveLength(6)
    for (const [id, { value }] of Object.entries(found.overall)) expectRate(value, report.overall, id)
    expect(found.byGroup).toHaveLength(report.byGroup.length)
    for (const { group, n, metrics } of found.byGroup) {
      const expected = report.byGroup.find((entry) => report.by.every((name) => entry.group[name] === group[name]))!
      expect(n).toBe(expected.metrics['count'])
      for (const [id, { value }] of Object.entries(metrics)) expectRate(value, expected.metrics, id)
    }
  })

  test('every disparity between groups that have the rate', async () => {
    const found = await auditOf(one, report.by)
    expect(found.disparities).toHaveLength(4)
    for (const { metric, value, low, high } of found.disparities) {
      const key = camelCase(metric)
      const expected = one.overDefinedGroups?.[key] ?? report.disparities[key]!
      if (expected === null) expect(value).toBeNull()
      else {
        expect(Math.abs(value! - expected)).toBeLessThan(1e-9)
        expect(low!).toBeLessThanOrEqual(value!)
        expect(high!).toBeGreaterThanOrEqual(value!)
      }
    }
  })
})

test('with several rates a ratio takes the one furthest from 1, as Fairlearn does for equalized odds', () => {
  const { reports: german } = cases.find(({ id }) => id === 'german-credit')!
  for (const { byGroup, disparities } of german) {
    const groups = byGroup.map(({ metrics }): GroupCounts => ({
      tp: metrics['truePositives']!,
      fp: metrics['falsePositives']!,
      tn: metrics['trueNegatives']!,
      fn: metrics['falseNegatives']!,
    }))
    const odds = compared('ratio', [truePositiveRate, falsePositiveRate]).compute(groups)
    expect(Math.abs(odds! - disparities['equalizedOddsRatio']!)).toBeLessThan(1e-9)
  }
})
