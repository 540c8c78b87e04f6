import { describe, expect, test } from 'vitest'
import {
  accuracy,
  brierScore,
  confusionMatrix,
  logLoss,
  macroAverage,
  majorityAccuracy,
  perClassScores,
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
