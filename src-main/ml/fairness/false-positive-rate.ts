import { defineFairnessMetric } from './define'
import { falsePositiveRate } from './rates'

/** FP / (FP + TN); null for a group without an unfavourable truth. */
export default defineFairnessMetric({
  id: 'false-positive-rate',
  title: 'False positive rate',
  summary: 'Of those whose true outcome is another, how many get the favourable answer all the same.',
  reference: 'https://fairlearn.org/main/api_reference/fairlearn.metrics.html',
  kind: 'rate',
  ideal: null,
  compute: falsePositiveRate,
})
