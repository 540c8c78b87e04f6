import { defineFairnessMetric } from './define'
import { falsePositiveRate } from './rates'

/** FP / (FP + TN); null for a group without an unfavourable truth. */
export default defineFairnessMetric({
  id: 'false-positive-rate',
  title: 'False positive rate',
  summary: 'Of those who do not deserve the favourable answer, how many get it all the same.',
  reference: 'https://fairlearn.org/main/api_reference/fairlearn.metrics.html',
  kind: 'rate',
  ideal: null,
  compute: falsePositiveRate,
})
