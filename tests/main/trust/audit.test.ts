import { describe, expect, test } from 'vitest'
import { audit, type AuditInput } from '@main/ml/audit/audit'
import { binomialSampler } from '@main/ml/audit/binomial'
import { percentileInterval, resampler, wilsonInterval } from '@main/ml/audit/bootstrap'
import { fairnessMetrics } from '@main/ml/audit/metrics'
import { disparityInterval, smoothed } from '@main/ml/audit/simultaneous'
import type { DisparityMetric, GroupCounts } from '@main/ml/fairness/define'
import { selectionRate } from '@main/ml/fairness/rates'
import { randomStream, type Random } from '@main/ml/random'
import { failure } from '../../helpers/data-services'

/** Samples by group: [favourable truth, score] pairs repeated. */
function auditInput(groups: Record<string, [isFavourable: boolean, score: number, count: number][]>): AuditInput {
  const samples = Object.entries(groups).flatMap(([name, kinds]) =>
    kinds.flatMap(([truth, score, count]) => Array.from({ length: count }, () => ({ name, truth, score }))),
  )
  return {
    runId: 'r',
    sensitive: ['sex'],
    split: 'test',
    positive: 'good',
    threshold: 0.5,
    rounds: 400,
    level: 0.95,
    seed: 1,
    smallGroup: 30,
    unlabelled: 0,
    truth: samples.map(({ truth }) => truth),
    scores: samples.map(({ score }) => score),
    groups: samples.map(({ name }) => [name]),
  }
}

const run = (input: AuditInput) => audit(input, fairnessMetrics.values())

/** As drawn by people: of `n` each is selected with probability `rate`, whatever the truth. */
function drawGroup(n: number, rate: number, random: Random): GroupCounts {
  const counts = { tp: 0, fp: 0, tn: 0, fn: 0 }
  for (let i = 0; i < n; i++) {
    const isFavourable = random.uniform() < 0.6
    if (random.uniform() < rate) counts[isFavourable ? 'tp' : 'fp']++
    else counts[isFavourable ? 'fn' : 'tn']++
  }
  return counts
}

describe('intervals', () => {
  test('a 95 % interval of a rate holds the true rate in 93 to 97 % of the worlds', () => {
    const random = randomStream(11)
    const worlds = 1500
    let held = 0
    for (let world = 0; world < worlds; world++) {
      const counts = drawGroup(200, 0.35, random)
      const draw = resampler([counts], random)
      const rounds = Array.from({ length: 200 }, () => selectionRate(draw()[0]!))
      const { low, high } = percentileInterval(selectionRate(counts), rounds, 0.95)
      held += Number(low! <= 0.35 && 0.35 <= high!)
    }
    expect(held / worlds).toBeGreaterThan(0.93)
    expect(held / worlds).toBeLessThan(0.97)
  })

  const parity = fairnessMetrics.get('demographic-parity-difference') as DisparityMetric
  const fourFifths = fairnessMetrics.get('demographic-parity-ratio') as DisparityMetric

  /** Share of worlds in which `check` holds of the interval of groups without or with bias. */
  function shareOfWorlds(
    metric: DisparityMetric,
    groups: [number, number][],
    check: (low: number, high: number) => boolean,
  ) {
    const random = randomStream(12)
    const worlds = 300
    let held = 0
    for (let world = 0; world < worlds; world++) {
      const counts = groups.map(([n, rate]) => drawGroup(n, rate, random))
      const rounds = Array.from({ length: 200 }, resampler(counts, random, counts.map(smoothed)))
      const { low, high } = disparityInterval(metric, counts, rounds, 0.95)
      held += Number(check(low!, high!))
    }
    return held / worlds
  }

  test('a difference between two groups is held by its interval, with bias and without', () => {
    const two: [number, number][] = [
      [150, 0.7],
      [150, 0.5],
    ]
    const held = shareOfWorlds(parity, two, (low, high) => low <= 0.2 && 0.2 <= high)
    expect(held).toBeGreaterThan(0.92)
    expect(held).toBeLessThan(0.98)
    const even = two.map(([n]): [number, number] => [n, 0.5])
    expect(shareOfWorlds(parity, even, (low) => low === 0)).toBeGreaterThan(0.92)
  })

  test('a dozen groups that are treated alike are not found to be treated otherwise', () => {
    const many = Array.from({ length: 12 }, (): [number, number] => [60, 0.5])
    expect(shareOfWorlds(parity, many, (low) => low === 0)).toBeGreaterThan(0.9)
    expect(shareOfWorlds(fourFifths, many, (_, high) => high >= 0.8)).toBeGreaterThan(0.98)
  })

  test('a rate of 0 or 1 gets the interval of Wilson, not one of no width', async () => {
    const { byGroup } = await run(auditInput({ few: [[true, 0.9, 5]], many: [[true, 0.9, 200]] }))
    const [few, many] = byGroup.map(({ metrics }) => metrics['selection-rate']!)
    // n / (n + z²) for n of n, z = 1.959964.
    expect(few!.low!).toBeCloseTo(5 / (5 + 3.841459), 5)
    expect(many!.low!).toBeCloseTo(200 / (200 + 3.841459), 5)
    expect(few!.high).toBe(1)
    expect(wilsonInterval(8, 10, 0.95).low).toBeCloseTo(0.4901625, 5)
    expect(wilsonInterval(8, 10, 0.95).high).toBeCloseTo(0.9433178, 5)
  })

  test('five people of whom nobody was selected do not prove that nobody ever is', async () => {
    const { disparities, summary } = await run(
      auditInput({
        few: [
          [false, 0.1, 4],
          [true, 0.1, 1],
        ],
        many: [
          [true, 0.9, 40],
          [false, 0.1, 160],
        ],
      }),
    )
    const ratio = disparities.find(({ metric }) => metric === 'demographic-parity-ratio')!
    expect(ratio.value).toBe(0)
    expect(ratio.high!).toBeGreaterThan(0.8)
    expect(summary.join(' ')).toMatch(/not certain/)
  })
})

test('counts drawn by table have the mean and spread of the binomial distribution', () => {
  const random = randomStream(5)
  for (const [n, p] of [
    [1, 0.3],
    [13, 0.02],
    [5000, 0.7],
    [40_000, 0.001],
  ] as const) {
    const draw = binomialSampler(p, random)
    const hits = Array.from({ length: 4000 }, () => draw(n))
    const mean = hits.reduce((sum, k) => sum + k, 0) / hits.length
    const variance = hits.reduce((sum, k) => sum + (k - mean) ** 2, 0) / hits.length
    const sd = Math.sqrt(n * p * (1 - p))
    expect(Math.abs(mean - n * p)).toBeLessThan((4 * sd) / Math.sqrt(4000))
    expect(variance / sd ** 2).toBeGreaterThan(0.85)
    expect(variance / sd ** 2).toBeLessThan(1.15)
    expect(Math.min(...hits)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...hits)).toBeLessThanOrEqual(n)
  }
  expect(binomialSampler(0, random)(9)).toBe(0)
  expect(binomialSampler(1, random)(9)).toBe(9)
})

describe('audit', () => {
  const fair = auditInput({
    female: [
      [true, 0.9, 60],
      [true, 0.2, 20],
      [false, 0.8, 5],
      [false, 0.1, 15],
    ],
    male: [
      [true, 0.9, 90],
      [true, 0.2, 10],
      [false, 0.8, 40],
      [false, 0.1, 60],
    ],
    '(missing)': [
      [true, 0.9, 8],
      [false, 0.1, 2],
    ],
  })

  test('counts groups at the threshold, by name, and marks the small ones', async () => {
    const found = await run(fair)
    expect(found.byGroup.map(({ group, n, small }) => [group['sex'], n, small])).toEqual([
      ['(missing)', 10, true],
      ['female', 100, false],
      ['male', 200, false],
    ])
    const female = found.byGroup[1]!.metrics
    expect(female['selection-rate']!.value).toBe(0.65)
    expect(female['accuracy']!.value).toBe(0.75)
    expect(female['true-positive-rate']!.value).toBe(0.75)
    expect(female['false-positive-rate']!.value).toBe(0.25)
    expect(female['precision']!.value).toBeCloseTo(60 / 65, 12)
    expect(found.n).toBe(310)
    // A score on the threshold counts as selected.
    const edge = await run({ ...fair, threshold: 0.8 })
    expect(edge.byGroup[1]!.metrics['selection-rate']!.value).toBe(0.65)
    const above = await run({ ...fair, threshold: 0.81 })
    expect(above.byGroup[1]!.metrics['selection-rate']!.value).toBe(0.6)
  })

  test('the same seed gives the same intervals, another seed others', async () => {
    expect(await run(fair)).toEqual(await run(fair))
    expect(await run({ ...fair, seed: 2 })).not.toEqual(await run(fair))
  })

  test('nobody in a denominator is null everywhere, never NaN', async () => {
    const found = await run(auditInput({ a: [[false, 0.1, 3]], b: [[true, 0.1, 4]] }))
    const [a, b] = found.byGroup
    expect(a!.metrics['true-positive-rate']).toMatchObject({ value: null, low: null, high: null })
    expect(b!.metrics['false-positive-rate']!.value).toBeNull()
    expect(a!.metrics['precision']!.value).toBeNull()
    expect(JSON.stringify(found)).not.toMatch(/NaN|Infinity/)
    expect(found.summary[0]).toMatch(/^Nobody gets "good" at the threshold 0.5/)
  })

  test('says first what matters, then how sure it is, and that it is no verdict', async () => {
    const bias = auditInput({
      female: [
        [true, 0.9, 100],
        [true, 0.2, 150],
        [false, 0.1, 150],
      ],
      male: [
        [true, 0.9, 300],
        [false, 0.8, 40],
        [false, 0.1, 60],
      ],
    })
    const { summary } = await run({ ...bias, unlabelled: 3 })
    expect(summary[0]).toBe(
      '"female" gets "good" (25.0 % of cases), "male" (85.0 %): a ratio of 0.29, which fails the four-fifths rule (at least 0.80).',
    )
    expect(summary[1]).toMatch(/beyond what chance explains/)
    expect(summary.join(' ')).toMatch(
      /finds 40.0 % of "female" and 100.0 % of "male"; that is further apart than chance/,
    )
    expect(summary.join(' ')).toMatch(/3 samples of the test split have no label and are left out/)
    expect(summary.at(-1)).toMatch(/not a legal verdict/)
  })

  test('marks small and missing groups in words', async () => {
    const { summary } = await run(fair)
    const text = summary.join(' ')
    expect(text).toMatch(/Too few samples for a firm statement: "\(missing\)" \(10\)/)
    expect(text).toMatch(/without a value/)
    expect((await run(auditInput({ one: [[true, 0.9, 50]] }))).summary[0]).toMatch(/only one group/)
  })

  test('a ratio just under four fifths never reads as 0.80', async () => {
    const { summary } = await run(
      auditInput({
        a: [
          [true, 0.9, 399],
          [true, 0.1, 601],
        ],
        b: [
          [true, 0.9, 500],
          [true, 0.1, 500],
        ],
      }),
    )
    expect(summary[0]).toMatch(/a ratio of 0\.798, which fails/)
  })

  test('can be cancelled', async () => {
    const controller = new AbortController()
    const started = audit({ ...fair, rounds: 10_000 }, fairnessMetrics.values(), {
      signal: controller.signal,
      progress: (done) => done > 100 && controller.abort(),
    })
    expect((await failure(started)).code).toBe('cancelled')
  })

  test('1000 rounds on 50 000 samples take less than 5 seconds', async () => {
    const random = randomStream(3)
    const n = 50_000
    const truth = Array.from({ length: n }, () => random.uniform() < 0.5)
    const input: AuditInput = {
      ...auditInput({}),
      rounds: 1000,
      truth,
      scores: truth.map(() => random.uniform()),
      groups: truth.map(() => [`group ${random.below(10)}`]),
    }
    const startedAt = performance.now()
    const { n: counted } = await run(input)
    expect(counted).toBe(n)
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })
})
