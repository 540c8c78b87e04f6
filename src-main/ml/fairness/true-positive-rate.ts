import { defineFairnessMetric } from './define'
import { truePositiveRate } from './rates'

/** TP / (TP + FN); null for a group without a favourable truth. */
export default defineFairnessMetric({
  id: 'true-positive-rate',
  title: 'True positive rate',
  summary: 'Of those whose true outcome is the favourable one, how many get it.',
  reference: 'https://fairlearn.org/main/api_reference/fairlearn.metrics.html',
  kind: 'rate',
  ideal: null,
  compute: truePositiveRate,
})
