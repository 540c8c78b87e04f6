import { defineFairnessMetric } from './define'
import { baseRate } from './rates'

/** (TP + FN) / n: what the labels say, whatever the model does. */
export default defineFairnessMetric({
  id: 'base-rate',
  title: 'Rate in the labels',
  summary: 'How many of the group have the favourable outcome in the labels, before any model.',
  reference: 'https://arxiv.org/abs/1610.02413',
  kind: 'rate',
  ideal: null,
  compute: baseRate,
})
