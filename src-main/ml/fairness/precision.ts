import { defineFairnessMetric } from './define'
import { precisionRate } from './rates'

/** TP / (TP + FP); null for a group that never gets the favourable answer. */
export default defineFairnessMetric({
  id: 'precision',
  title: 'Precision',
  summary: 'Of those who get the favourable answer, for how many it is the true outcome.',
  reference: 'https://fairlearn.org/main/api_reference/fairlearn.metrics.html',
  kind: 'rate',
  ideal: null,
  compute: precisionRate,
})
