import { expect, test } from 'vitest'
import { fitLogistic } from '@main/ml/baselines/logistic'
import { fitTfIdf } from '@main/ml/baselines/tf-idf'
import golden from './data/text-baseline.json'

test.each(golden.cases)('TF-IDF and logistic regression of $classes classes are scikit-learn’s', (wanted) => {
  const { width, rows } = fitTfIdf(wanted.train)
  expect(width).toBe(wanted.words)
  const test = rows(wanted.test)
  test.forEach(({ values }, i) => expect(Math.max(0, ...values)).toBeCloseTo(wanted.largest[i]!, 9))
  const probabilities = fitLogistic(rows(wanted.train), wanted.targets, width, wanted.classes)(test)
  probabilities.forEach((row, i) =>
    row.forEach((p, k) => expect(Math.abs(p - wanted.probabilities[i]![k]!)).toBeLessThan(1e-4)),
  )
})
