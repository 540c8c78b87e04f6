import { defineFairnessMetric } from './define'
import { compared, truePositiveRate } from './rates'

/** Largest true positive rate of any group minus the smallest. */
export default defineFairnessMetric({
  id: 'equal-opportunity-difference',
  title: 'Equal opportunity difference',
  summary: 'How far apart the groups are in how often a truly favourable outcome is found.',
  reference: 'https://arxiv.org/abs/1610.02413',
  ...compared('difference', [truePositiveRate]),
})
