import { defineFairnessMetric } from './define'
import { accuracyRate } from './rates'

/** (TP + TN) / n. */
export default defineFairnessMetric({
  id: 'accuracy',
  title: 'Accuracy',
  summary: 'How many of the group get the right answer.',
  reference: 'https://fairlearn.org/main/api_reference/fairlearn.metrics.html',
  kind: 'rate',
  ideal: null,
  compute: accuracyRate,
})
