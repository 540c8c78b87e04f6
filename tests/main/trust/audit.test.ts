import { describe, expect, test } from 'vitest'
import { audit, type AuditInput } from '@main/ml/audit/audit'
import { binomialSampler } from '@main/ml/audit/binomial'
import { acceleration, bcaInterval } from '@main/ml/audit/bca'
import { resampler, wilsonInterval } from '@main/ml/audit/bootstrap'
import { comparePairs, differenceInterval } from '@main/ml/audit/comparisons'
import { disparityInterval } from '@main/ml/audit/disparity'
import { fairnessMetrics } from '@main/ml/audit/metrics'
import type { DisparityMetric, GroupCounts, RateMetric } from '@main/ml/fairness/define'
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

const rateMetrics = [...fairnessMetrics.values()].filter((metric): metric is RateMetric => metric.kind === 'rate')
const disparityNamed = (id: string) => fairnessMetrics.get(id) as DisparityMetric

/** Share of `worlds` simulated sets in which `check` holds. */
function shareOfWorlds(worlds: number, check: (random: Random) => boolean, seed = 11): number {
  const random = randomStream(seed)
  let held = 0
  for (let world = 0; world < worlds; world++) held += Number(check(random))
  return held / worlds
}

const holds = (interval: { low: number | null; high: number | null }, truth: number) =>
  interval.low! <= truth && truth <= interval.high!

/** Between 93 and 97 % of the worlds, which is what the issue asks of a nominal 95 %. */
function expectNominal(share: number): void {
  expect(share).toBeGreaterThan(0.93)
  expect(share).toBeLessThan(0.97)
}

describe('alarms', () => {
  test('of 1000 sets without bias at most 5 % raise one, whatever the number of groups', () => {
    for (const sizes of [[200, 200], [400, 150, 60], Array.from({ length: 12 }, () => 60)]) {
      const alarms = shareOfWorlds(1000, (random) => {
        const counts = sizes.map((n) => drawGroup(n, 0.5, random))
        return comparePairs(counts, rateMetrics, 30).some(({ q }) => q <= 0.05)
      })
      expect(alarms).toBeLessThanOrEqual(0.065)
    }
  })

  test('a strong bias is found nearly always, among many comparisons too', () => {
    const found = shareOfWorlds(200, (random) => {
      const counts = [0.6, 0.6, 0.3].map((rate) => drawGroup(200, rate, random))
      return comparePairs(counts, rateMetrics, 30).some(
        ({ metric, other, q }) => metric.id === 'selection-rate' && other === 2 && q <= 0.05,
      )
    })
    expect(found).toBeGreaterThan(0.98)
  })

  test('groups that are small are never compared', () => {
    const counts = [10, 29, 30].map((n) => ({ tp: n, fp: 0, tn: 0, fn: 0 }))
    expect(comparePairs(counts, rateMetrics, 30)).toEqual([])
  })
})

describe('intervals', () => {
  const drawn = (counts: GroupCounts[], random: Random, rounds = 500) =>
    Array.from({ length: rounds }, resampler(counts, random))

  test.each([
    ['selection-rate', 0.35],
    ['true-positive-rate', 0.8],
  ])('a nominal interval of the %s of a group holds the true rate %d in 93 to 97 of 100 worlds', (id, truth) => {
    const { compute } = fairnessMetrics.get(id) as RateMetric
    expectNominal(
      shareOfWorlds(1000, (random) => {
        const counts = drawGroup(300, truth, random)
        const rounds = Float64Array.from(drawn([counts], random), ([own]) => compute(own!) ?? NaN)
        const moves = acceleration([counts], ([own]) => compute(own!))
        return holds(bcaInterval(compute(counts), rounds, moves, 0.95), truth)
      }),
    )
  })

  test('so does that of a signed difference between two groups, with bias and without', () => {
    for (const other of [0.5, 0.7])
      expectNominal(
        shareOfWorlds(1000, (random) => {
          const counts = [drawGroup(250, 0.5, random), drawGroup(180, other, random)]
          const worlds = drawn(counts, random)
          const rounds = [0, 1].map((g) => Float64Array.from(worlds, (world) => selectionRate(world[g]!)!))
          const pair = rounds as [Float64Array, Float64Array]
          return holds(differenceInterval(selectionRate, counts, pair, 0.95), 0.5 - other)
        }),
      )
  })

  test.each([
    ['demographic-parity-difference', 0.4],
    ['demographic-parity-ratio', 3 / 7],
  ])('so does that of the %s where the gap is wide', (id, truth) => {
    const metric = disparityNamed(id)
    expectNominal(
      shareOfWorlds(1000, (random) => {
        const counts = [0.3, 0.5, 0.7].map((rate) => drawGroup(300, rate, random))
        return holds(disparityInterval(metric, counts, drawn(counts, random, 300), 0.95, true), truth)
      }),
    )
  })

  /** True positive rates apart by 0.3, false positive rates by `other`. */
  const ofEqualizedOdds = (other: number) =>
    shareOfWorlds(1000, (random) => {
      const counts = [
        [0.5, 0.3],
        [0.8, 0.3 + other],
      ].map(([found, mistaken]) => {
        const [right, wrong] = [found!, mistaken!].map((rate) => drawGroup(400, rate, random))
        return { tp: right!.tp, fn: right!.fn, fp: wrong!.fp, tn: wrong!.tn }
      })
      const metric = disparityNamed('equalized-odds-difference')
      return holds(disparityInterval(metric, counts, drawn(counts, random, 300), 0.95, true), 0.3)
    })

  test('so does that of equalized odds where one error is clearly the worse', () => {
    expectNominal(ofEqualizedOdds(0.1))
    // Where both are equally far apart the worse of the two is biased upwards, and so is its interval.
    expect(ofEqualizedOdds(0.3)).toBeGreaterThan(0.85)
  })

  test('a gap that no test calls a finding reaches to the ideal', () => {
    const counts = [drawGroup(100, 0.5, randomStream(1)), drawGroup(100, 0.5, randomStream(2))]
    const rounds = drawn(counts, randomStream(3))
    expect(disparityInterval(disparityNamed('demographic-parity-difference'), counts, rounds, 0.95, false).low).toBe(0)
    expect(disparityInterval(disparityNamed('demographic-parity-ratio'), counts, rounds, 0.95, false).high).toBe(1)
  })

  test('groups that are selected alike may still be well apart, and the interval says how far', () => {
    const counts = [drawGroup(100, 0.5, randomStream(1)), drawGroup(100, 0.5, randomStream(1))]
    const found = disparityInterval(
      disparityNamed('demographic-parity-difference'),
      counts,
      drawn(counts, randomStream(3)),
      0.95,
      false,
    )
    expect(found.value).toBe(0)
    expect(found.high!).toBeGreaterThan(0.1)
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
