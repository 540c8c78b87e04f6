import { defineFairnessMetric } from './define'
import { difference, ends, truePositiveRate } from './rates'

/** Largest true positive rate of any group minus the smallest. */
export default defineFairnessMetric({
  id: 'equal-opportunity-difference',
  title: 'Equal opportunity difference',
  summary: 'How far apart the groups are among those who deserve the favourable answer.',
  reference: 'https://arxiv.org/abs/1610.02413',
  kind: 'difference',
  ideal: 0,
  compute: (groups) => difference(groups, truePositiveRate),
  ends: (groups) => ends(groups, truePositiveRate),
})
