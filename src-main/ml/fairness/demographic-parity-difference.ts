import { defineFairnessMetric } from './define'
import { difference, ends, selectionRate } from './rates'

/** Largest selection rate of any group minus the smallest. */
export default defineFairnessMetric({
  id: 'demographic-parity-difference',
  title: 'Demographic parity difference',
  summary: 'How far apart the groups are in how often they get the favourable answer.',
  reference: 'https://arxiv.org/abs/1104.3913',
  kind: 'difference',
  ideal: 0,
  compute: (groups) => difference(groups, selectionRate),
  ends: (groups) => ends(groups, selectionRate),
})
