import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  accuracy,
  brierScore,
  confusionMatrix,
  logLoss,
  macroAverage,
  majorityAccuracy,
  perClassScores,
  type ClassScores,
} from '@shared/metrics/classification'
import { calibrationCurve, macroRocAuc, rocAuc, rocCurve } from '@shared/metrics/curves'
import { splitMetrics, splitReport } from '@shared/metrics/report'

describe('classification metrics', () => {
  const truth = [0, 0, 0, 1, 1, 2]
  const predicted = [0, 0, 1, 1, 1, 0]
  const confusion = confusionMatrix(truth, predicted, 4)

  test('the confusion matrix counts [true][predicted]', () => {
    expect(confusion).toEqual([
      [2, 1, 0, 0],
      [0, 2, 0, 0],
      [1, 0, 0, 0],
      [0, 0, 0, 0],
    ])
    expect(accuracy(confusion)).toBeCloseTo(4 / 6, 12)
  })

  test('what has no denominator is null, per class', () => {
    const scores = perClassScores(confusion)
    expect(scores[0]).toEqual({ precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, support: 3 })
    expect(scores[1]).toEqual({ precision: 2 / 3, recall: 1, f1: 4 / 5, support: 2 })
    expect(scores[2]).toEqual({ precision: null, recall: 0, f1: 0, support: 1 })
    expect(scores[3]).toEqual({ precision: null, recall: null, f1: null, support: 0 })
  })

  test('macro averages run over the classes that occur; an undefined score counts as 0', () => {
    expect(macroAverage(perClassScores(confusion), 'precision')).toBeCloseTo(4 / 9, 12)
    expect(macroAverage(perClassScores(confusion), 'recall')).toBeCloseTo(5 / 9, 12)
    expect(macroAverage(perClassScores([[0]]), 'recall')).toBeNull()
  })

  test('without samples everything is null', () => {
    expect(splitMetrics({ truth: [], predicted: [], probabilities: [] }, 2, 1)).toEqual({
      loss: null,
      accuracy: null,
      precision: null,
      recall: null,
      f1: null,
      rocAuc: null,
    })
    expect(brierScore([], [])).toBeNull()
    expect(majorityAccuracy([], [1])).toBeNull()
  })

  test('the area under the curve counts ties half', () => {
    expect(rocAuc([true, false], [0.5, 0.5])).toBe(0.5)
    expect(rocAuc([false, false, true, true], [0.1, 0.4, 0.35, 0.8])).toBe(0.75)
    expect(rocAuc([true, true], [0.1, 0.2])).toBeNull()
  })

  test('for more classes the area is the mean of one against the rest', () => {
    const certain = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]
    expect(macroRocAuc([0, 1, 2], certain)).toBe(1)
    // Classes 0 and 1 are told apart never (0), class 2 always (1).
    expect(macroRocAuc([1, 0, 2], certain)).toBeCloseTo((0.25 + 0.25 + 1) / 3, 12)
    expect(macroRocAuc([1, 1, 1], certain)).toBeNull()
  })

  test('the ROC curve begins at nothing and ends at everything', () => {
    expect(rocCurve([false, false, true, true], [0.1, 0.4, 0.35, 0.8])).toEqual({
      x: [0, 0, 0.5, 0.5, 1],
      y: [0, 0.5, 0.5, 1, 1],
      thresholds: [1.8, 0.8, 0.4, 0.35, 0.1],
    })
  })

  test('calibration leaves empty bins out, an edge belongs below', () => {
    const curve = calibrationCurve([false, true, true], [0.1, 0.15, 0.95])
    expect(curve).toEqual({ x: [0.1, 0.15, 0.95], y: [0, 1, 1], counts: [1, 1, 1] })
  })

  test('the majority baseline is of the training split, measured elsewhere', () => {
    expect(majorityAccuracy([0, 1, 1], [0, 0, 1, 2])).toBe(0.25)
  })

  test('a certain mistake costs much but not infinity', () => {
    expect(logLoss([0], [[0, 1]])).toBeCloseTo(-Math.log(Number.EPSILON), 9)
  })

  test('two classes with a named positive are measured on it', () => {
    const scored = {
      truth: [0, 0, 1, 1],
      predicted: [0, 1, 1, 1],
      probabilities: [
        [0.9, 0.1],
        [0.4, 0.6],
        [0.3, 0.7],
        [0.2, 0.8],
      ],
    }
    expect(splitMetrics(scored, 2, 0).recall).toBe(0.5)
    expect(splitMetrics(scored, 2, 1).recall).toBe(1)
    expect(splitReport(scored, ['a', 'b'], 1).brier).toBeCloseTo((0.01 + 0.36 + 0.09 + 0.04) / 4, 12)
  })
})

interface GoldenCase {
  id: string
  classes: number[]
  yTrue: number[]
  yPred: number[]
  probabilities: number[][]
  accuracy: number
  confusion: number[][]
  logLoss: number
  zeroWhereUndefined: { macro: Record<'precision' | 'recall' | 'f1', number> }
  nullWhereUndefined: { perClass: ClassScores[] }
  rocAucOneVsRest?: { macroOverDefined: number }
  binary?: {
    positive: number
    brier: number
    rocAuc: number | null
    roc: { falsePositiveRate: number[]; truePositiveRate: number[]; threshold: (number | null)[] } | null
    calibration?: { count: number[]; predicted: number[]; observed: number[] }
    precision: number
    recall: number
    f1: number
  }
}

const golden = JSON.parse(readFileSync('tests/golden/data/metrics.json', 'utf8')) as { cases: GoldenCase[] }
const digits = 9

describe.each(golden.cases)('against scikit-learn: $id', (golden) => {
  const scored = { truth: golden.yTrue, predicted: golden.yPred, probabilities: golden.probabilities }
  const confusion = confusionMatrix(golden.yTrue, golden.yPred, golden.classes.length)

  test('counts, accuracy, loss and scores of each class', () => {
    expect(confusion).toEqual(golden.confusion)
    expect(accuracy(confusion)).toBeCloseTo(golden.accuracy, digits)
    expect(logLoss(golden.yTrue, golden.probabilities)).toBeCloseTo(golden.logLoss, digits)
    const scores = perClassScores(confusion)
    golden.nullWhereUndefined.perClass.forEach((expected, k) => {
      for (const key of ['precision', 'recall', 'f1', 'support'] as const) {
        if (expected[key] === null) expect(scores[k]![key]).toBeNull()
        else expect(scores[k]![key]).toBeCloseTo(expected[key], digits)
      }
    })
    for (const key of ['precision', 'recall', 'f1'] as const)
      expect(macroAverage(scores, key)).toBeCloseTo(golden.zeroWhereUndefined.macro[key], digits)
  })

  test.runIf(golden.binary)('ROC, Brier score, calibration and the scores of the positive class', () => {
    const binary = golden.binary!
    const truth = golden.yTrue.map((t) => t === binary.positive)
    const scores = golden.probabilities.map((row) => row[binary.positive]!)
    const metrics = splitMetrics(scored, 2, binary.positive)
    for (const key of ['precision', 'recall', 'f1'] as const) expect(metrics[key]).toBeCloseTo(binary[key], digits)
    expect(brierScore(truth, scores)).toBeCloseTo(binary.brier, digits)
    expectClose([rocAuc(truth, scores)], [binary.rocAuc])
    expectRoc(rocCurve(truth, scores), binary.roc)
    if (!binary.calibration) return
    const { x, y, counts } = calibrationCurve(truth, scores)
    expect(counts).toEqual(binary.calibration.count)
    expectClose(x, binary.calibration.predicted)
    expectClose(y, binary.calibration.observed)
  })

  test.runIf(golden.rocAucOneVsRest)('the area of one against the rest', () => {
    expect(macroRocAuc(golden.yTrue, golden.probabilities)).toBeCloseTo(
      golden.rocAucOneVsRest!.macroOverDefined,
      digits,
    )
  })
})

function expectClose(got: (number | null)[], expected: (number | null)[]) {
  expect(got).toHaveLength(expected.length)
  expected.forEach((value, i) =>
    value === null ? expect(got[i]).toBeNull() : expect(got[i]).toBeCloseTo(value, digits),
  )
}

/** Ours leaves out points on a straight line: each of ours is among theirs, and theirs lie on our lines. */
function expectRoc(got: ReturnType<typeof rocCurve>, expected: NonNullable<GoldenCase['binary']>['roc']) {
  if (!expected) return expect(got).toBeNull()
  const round = (value: number) => value.toFixed(digits)
  const theirs = new Set(
    expected.falsePositiveRate.map((x, i) => `${round(x)} ${round(expected.truePositiveRate[i]!)}`),
  )
  got!.x.forEach((x, i) => expect(theirs).toContain(`${round(x)} ${round(got!.y[i]!)}`))
  const area = (x: number[], y: number[]) =>
    x.slice(1).reduce((sum, right, i) => sum + ((right - x[i]!) * (y[i + 1]! + y[i]!)) / 2, 0)
  expect(area(got!.x, got!.y)).toBeCloseTo(area(expected.falsePositiveRate, expected.truePositiveRate), digits)
}
