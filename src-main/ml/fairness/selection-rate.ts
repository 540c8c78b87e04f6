import { defineFairnessMetric } from './define'
import { selectionRate } from './rates'

/** (TP + FP) / n. */
export default defineFairnessMetric({
  id: 'selection-rate',
  title: 'Selection rate',
  summary: 'How many of the group get the favourable answer.',
  reference: 'https://fairlearn.org/main/api_reference/fairlearn.metrics.html',
  kind: 'rate',
  ideal: null,
  compute: selectionRate,
})
